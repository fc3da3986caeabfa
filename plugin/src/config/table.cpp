#include "config/table.h"

#include <initializer_list>
#include <iterator>

#include "config/text.h"
#include "config/units.h"

namespace ekws::config {
namespace {

/// Builds one row; each call sets what differs from the defaults of Property.
struct Row : Property {
  /// Before its first use, or clang does not take what is made with it for a constant.
  template <typename Change>
  constexpr Row with(Change change) const {
    Row row = *this;
    change(row);
    return row;
  }

  constexpr Row(const char* row_name, Type row_type, Control row_control, std::int64_t row_default = 0,
                std::int64_t row_min = 0, std::int64_t row_max = 0) {
    name = row_name;
    type = row_type;
    control = row_control;
    number = row_default;
    min = row_min;
    max = row_max;
  }
  constexpr Row of(Side value) const {
    return with([&](Row& row) { row.side = value; });
  }
  constexpr Row or_off() const {
    return with([](Row& row) { row.zero_is_off = true; });
  }
  constexpr Row from_kuiper_yaml() const {
    return with([](Row& row) { row.inherited = true; });
  }
  constexpr Row of_connection() const {
    return with([](Row& row) { row.connection = true; });
  }
  constexpr Row kept_secret() const {
    return with([](Row& row) { row.secret = true; });
  }
  constexpr Row not_supported() const {
    return with([](Row& row) { row.unsupported = true; });
  }
  constexpr Row or_warned_of() const {
    return with([](Row& row) { row.lenient = true; });
  }
  constexpr Row of_identity() const {
    return with([](Row& row) { row.credential = true; });
  }
  constexpr Row as(Control value) const {
    return with([&](Row& row) { row.control = value; });
  }
  constexpr Row labelled(const char* en, const char* zh) const {
    return with([&](Row& row) { row.label = {en, zh}; });
  }
  constexpr Row hinted(const char* en, const char* zh) const {
    return with([&](Row& row) { row.hint = {en, zh}; });
  }
};

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;

constexpr Row text(const char* name) { return Row(name, Type::text, Control::text); }
constexpr Row boolean(const char* name) { return Row(name, Type::boolean, Control::radio); }
constexpr Row map(const char* name) { return Row(name, Type::map, Control::list); }
constexpr Row integer(const char* name, std::int64_t standard, std::int64_t min, std::int64_t max) {
  return Row(name, Type::integer, Control::text, standard, min, max);
}
constexpr Row size(const char* name, std::int64_t standard, std::int64_t min, std::int64_t max) {
  return Row(name, Type::size, Control::text, standard, min, max);
}
constexpr Row duration(const char* name, std::int64_t standard, std::int64_t min, std::int64_t max) {
  return Row(name, Type::duration, Control::text, standard, min, max);
}
constexpr Row choice(const char* name, std::initializer_list<const char*> choices) {
  Row row(name, Type::choice, Control::select);
  std::size_t at = 0;
  for (const char* each : choices) row.choices[at++] = each;  // one too many does not compile
  return row;
}

// A row reads best as name, flags, label, hint, one below the other.
// clang-format off
constexpr Property kTable[] = {
    text("connectionSelector").as(Control::select)
        .labelled("Connection selector", "复用连接信息")
        .hinted("Name of a connection made under Connections, whose properties are used here.",
                "复用在“连接”中定义的连接，使用其中的属性。"),
    text("addr").of_connection()
        .labelled("Websocket Address", "Websocket 地址")
        .hinted("Address of the WebSocket server to connect to, such as 127.0.0.1:8080. "
                "Left empty, this source is itself the server.",
                "要连接的 WebSocket 服务端地址，例如 127.0.0.1:8080。留空则由本数据源自身作为服务端。"),
    text("certificationPath").of(Side::client).of_connection().of_identity()
        .labelled("Client Certificate", "客户端证书")
        .hinted("Path of the crt file that identifies this client to the server.",
                "客户端 SSL 验证所用 crt 证书文件的路径。"),
    text("privateKeyPath").of(Side::client).of_connection().of_identity()
        .labelled("Client Private Key", "客户端私钥")
        .hinted("Path of the key file that belongs to the client certificate.",
                "客户端 SSL 验证所用 key 私钥文件的路径。"),
    text("rootCaPath").of(Side::client).of_connection().of_identity()
        .labelled("CA File", "CA 文件")
        .hinted("Path of the CA certificates that the server's certificate is checked against. Left out: those of this "
                "machine.",
                "用于验证服务端证书的 CA 证书文件的路径。未填写时使用本机的 CA 证书。"),
    boolean("insecureSkipVerify").of(Side::client).of_connection().of_identity()
        .labelled("Skip Certificate Verification", "跳过证书验证")
        .hinted("Accepts whatever certificate the server shows. For trials only.",
                "接受服务端出示的任何证书，仅供测试使用。"),
    choice("scheme", {"ws", "wss"}).of(Side::client).of_connection()
        .labelled("Scheme", "协议")
        .hinted("ws for plain WebSocket, wss for WebSocket over TLS. May be written in the address as well "
                "(ws://127.0.0.1:8080).",
                "ws 为普通 WebSocket，wss 为基于 TLS 的 WebSocket。也可直接写在地址中（ws://127.0.0.1:8080）。"),
    text("path").of_connection()
        .labelled("Path", "路径")
        .hinted("Path, such as /api/data. A client takes it before the DATASOURCE of the stream, a server only for a "
                "stream without one.",
                "路径，例如 /api/data。作为客户端时优先于流的 DATASOURCE；作为服务端时仅用于未设置 DATASOURCE 的流。"),
    map("requestHeader").of(Side::client).of_connection().kept_secret()
        .labelled("Request Headers", "请求标头")
        .hinted("HTTP headers to send with the opening handshake: a name and a value, or a list of values.",
                "握手请求携带的 HTTP 标头：名称对应一个值或一组值。"),
    text("requestHeaderFile").of(Side::client).of_connection()
        .labelled("Request Header File", "请求标头文件")
        .hinted("Path of a file with more headers, a Name: value in each line, read for every handshake: secrets stay "
                "out of eKuiper's configuration and log, and can be renewed. A name in it replaces the one in "
                "requestHeader.",
                "存放更多标头的文件路径，每行一个“名称: 值”，每次握手时读取：机密信息不进入 eKuiper 的配置与日志，且可随时更换。"
                "与 requestHeader 同名时以文件为准。"),
    text("certificationRaw").of(Side::client).of_connection().of_identity().as(Control::textarea)
        .labelled("Client Certificate (base64)", "客户端证书（base64）")
        .hinted("The client certificate itself: base64 of the PEM text.", "客户端证书内容：PEM 文本的 base64 编码。"),
    text("privateKeyRaw").of(Side::client).of_connection().of_identity().as(Control::textarea).kept_secret()
        .labelled("Client Private Key (base64)", "客户端私钥（base64）")
        .hinted("The private key itself: base64 of the PEM text.", "客户端私钥内容：PEM 文本的 base64 编码。"),
    text("rootCARaw").of(Side::client).of_connection().of_identity().as(Control::textarea)
        .labelled("CA (base64)", "CA（base64）")
        .hinted("The CA certificates themselves: base64 of the PEM text.", "CA 证书内容：PEM 文本的 base64 编码。"),
    text("serverName").of(Side::client).of_connection()
        .labelled("Server Name", "服务端名称")
        .hinted("Name that the server's certificate has to be for, where it is not the host in the address.",
                "服务端证书应匹配的名称，与地址中的主机不同时填写。"),
    text("privateKeyPassword").of_connection().kept_secret()
        .labelled("Private Key Password", "私钥密码")
        .hinted("Password of an encrypted private key. eKuiper logs what stands here; better give it in a file.",
                "加密私钥的密码。eKuiper 会将此处内容写入日志，建议改用密码文件。"),
    text("privateKeyPasswordFile").of_connection()
        .labelled("Private Key Password File", "私钥密码文件")
        .hinted("Path of a file whose first line is the password of the private key.",
                "密码文件的路径，其首行为私钥密码。"),
    choice("tlsMinVersion", {"tls1.0", "tls1.1", "tls1.2", "tls1.3"}).of_connection().or_warned_of()
        .labelled("Minimum TLS Version", "最低 TLS 版本")
        .hinted("The oldest TLS version that is accepted. Left out: tls1.2.",
                "可接受的最低 TLS 版本。未填写时为 tls1.2。"),
    text("ciphers").of_connection()
        .labelled("TLS Ciphers", "TLS 加密套件")
        .hinted("Ciphers for TLS 1.2 and before, as OpenSSL names them, with colons between. Left out: OpenSSL's "
                "choice.",
                "TLS 1.2 及更早版本的加密套件，使用 OpenSSL 的名称，以冒号分隔。未填写时采用 OpenSSL 的默认值。"),
    choice("renegotiationSupport", {"never", "once", "freely"}).of(Side::client).of_connection().or_warned_of()
        .labelled("TLS Renegotiation", "TLS 重协商")
        .hinted("How often the server may renegotiate TLS 1.2 and before. Left out: never.",
                "服务端在 TLS 1.2 及更早版本中可发起重协商的次数。未填写时为 never。"),
    choice("tls", {"default"}).of(Side::client).of_connection()
        .labelled("TLS Settings", "TLS 配置")
        .hinted("The value default takes what kuiper.yaml says under security.tls, instead of the properties here.",
                "值为 default 时采用 kuiper.yaml 中 security.tls 的配置，忽略此处的 TLS 属性。"),
    map("decrypt").of(Side::client).of_connection().not_supported().kept_secret()
        .labelled("Certificate Decryption", "证书解密")
        .hinted("Certificate files that eKuiper has encrypted are read by type websocketBuiltin alone; here, a private "
                "key may be encrypted with a password.",
                "经 eKuiper 加密的证书文件仅 websocketBuiltin 类型可读取；此处可使用以密码加密的私钥。"),

    text("httpServerIp").of(Side::server).from_kuiper_yaml()
        .labelled("Server IP", "服务端 IP")
        .hinted("IP address to listen on when the address is empty. Left out: what the source section of kuiper.yaml "
                "says, else 0.0.0.0.",
                "地址留空时监听的 IP。未填写时采用 kuiper.yaml 中 source 部分的值，否则为 0.0.0.0。"),
    integer("httpServerPort", 10081, 1, 65535).of(Side::server).from_kuiper_yaml()
        .labelled("Server Port", "服务端端口")
        .hinted("Port to listen on when the address is empty. Left out: what the source section of kuiper.yaml says, "
                "else 10081.",
                "地址留空时监听的端口。未填写时采用 kuiper.yaml 中 source 部分的值，否则为 10081。"),
    map("httpServerTls").of(Side::server).from_kuiper_yaml().of_identity()
        .labelled("Server TLS", "服务端 TLS")
        .hinted("Certificate (certfile) and key (keyfile) of the server. Left out: those in the source section of "
                "kuiper.yaml, if it has any. The text none makes the listener plain whatever stands there.",
                "服务端的证书（certfile）与私钥（keyfile）。未填写时采用 kuiper.yaml 中 source 部分的值（如有）。填写文本 none "
                "则无论其中如何设置都不使用 TLS。"),
    text("clientCaFile").of(Side::server).of_identity()
        .labelled("Client CA File", "客户端 CA 文件")
        .hinted("Path of the CA certificates that the certificates of clients are checked against.",
                "用于验证客户端证书的 CA 证书文件的路径。"),
    choice("clientAuth", {"none", "want", "need"}).of(Side::server)
        .labelled("Client Certificates", "客户端证书要求")
        .hinted("Whether clients have to give a certificate (need), may (want) or are not asked for one (none). Left "
                "out: need where a client CA file is given.",
                "客户端必须（need）、可以（want）或无需（none）提供证书。未填写且设置了客户端 CA 文件时为 need。"),
    integer("maxConnections", 10'000, 1, 1'000'000).of(Side::server)
        .labelled("Max Connections", "最大连接数")
        .hinted("How many clients may be connected to one listening address; more are refused.",
                "同一监听地址允许的客户端连接数，超出的连接将被拒绝。"),
    integer("maxConnectionsPerIp", 0, 1, 1'000'000).or_off().of(Side::server)
        .labelled("Max Connections per Address", "单个地址最大连接数")
        .hinted("The same for the clients behind one IP address, or in one /64 network of IPv6; 0 sets no limit.",
                "来自同一 IP 地址（IPv6 为同一 /64 网段）的客户端连接数；0 表示不限制。"),

    size("maxMessageBytes", 16 * kMiB, 1, kGiB)
        .labelled("Max Message Size", "最大消息大小")
        .hinted("A larger message ends its connection with close code 1009.",
                "超过该大小的消息会使连接以关闭码 1009 断开。"),
    boolean("compression")
        .labelled("Compression", "压缩")
        .hinted("Lets peers compress what they send (permessage-deflate, RFC 7692), where they can. "
                "A client offers it, a server accepts it.",
                "允许对端压缩其发送的数据（permessage-deflate，RFC 7692），取决于对端是否支持。客户端提出，服务端接受。"),
    integer("compressionWindowBits", 15, 9, 15).or_off()
        .labelled("Compression Window Bits", "压缩窗口位数")
        .hinted("A peer's compressor may refer to the last 2^n bytes it sent, and each connection that uses compression "
                "keeps as many (15: 32 KiB) and 7 KiB more. 0: nothing is kept between messages, so that small ones "
                "hardly get smaller.",
                "对端压缩时可引用此前发送的 2^n 字节，每个使用压缩的连接为此占用同样多的内存（15 即 32 KiB），另加 7 KiB。"
                "0 表示消息之间不保留任何数据，此时小消息几乎无法压缩。"),
    integer("maxFragments", 65'536, 1, 16'777'216)
        .labelled("Max Fragments", "最大分片数")
        .hinted("A message of more frames ends its connection with close code 1008.",
                "分片数超过该值的消息会使连接以关闭码 1008 断开。"),
    duration("fragmentTimeout", kMinute, 10, 24 * kHour).or_off()
        .labelled("Fragment Timeout", "分片超时")
        .hinted("How long a message in several frames may take from the first to the last; then its connection is "
                "closed with code 1008. 0 sets no limit.",
                "分片消息从第一个分片到最后一个分片允许的最长时间，超过则连接以关闭码 1008 断开；0 表示不限制。"),
    size("maxBufferedBytes", 256 * kMiB, 64 * kKiB, 1024 * kGiB).of(Side::server)
        .labelled("Max Buffered Size", "最大缓冲大小")
        .hinted("Bytes of incomplete messages over all connections to one listening address; beyond that the connection "
                "with the largest one is closed with code 1013.",
                "同一监听地址所有连接中未接收完整的消息的总字节数，超过则占用最多的连接以关闭码 1013 断开。"),
    size("queueBytes", 16 * kMiB, 16 * kKiB, 4 * kGiB)
        .labelled("Queue Size", "队列大小")
        .hinted("How many bytes wait for a rule that is behind before reading from the sockets rests. "
                "Nothing is dropped; what waits when the rule is stopped goes with it.",
                "规则处理不及时时，队列达到该字节数后暂停读取套接字，不丢弃数据；停止规则时队列中的数据随之丢失。"),
    integer("queueMessages", 65'536, 1, 16'777'216)
        .labelled("Queue Length", "队列长度")
        .hinted("The same, counted in messages.", "同上，以消息条数计。"),
    boolean("batch")
        .labelled("Join Messages", "合并消息")
        .hinted("Hands JSON messages that came together to eKuiper as one array, which costs it less. On a stream "
                "with a schema, a message that does not fit it then takes the others of its array with it.",
                "将同时到达的 JSON 消息合并为一个数组交给 eKuiper，以降低开销。"
                "若流定义了结构，一条不符合结构的消息会使同一数组中的其他消息一并丢失。"),
    duration("handshakeTimeout", 5 * kSecond, 10, 10 * kMinute)
        .labelled("Handshake Timeout", "握手超时")
        .hinted("How long the opening handshake may take.", "握手允许的最长时间。"),
    duration("connectTimeout", 10 * kSecond, 10, 10 * kMinute).of(Side::client)
        .labelled("Connect Timeout", "连接超时")
        .hinted("How long each address of the server is tried.", "尝试连接服务端每个地址的最长时间。"),
    duration("closeTimeout", 500, 10, kMinute)
        .labelled("Close Timeout", "关闭超时")
        .hinted("How long the peer has to answer a close frame.", "等待对端响应关闭的最长时间。"),
    duration("pingInterval", 30 * kSecond, 10, 24 * kHour).or_off()
        .labelled("Ping Interval", "心跳间隔")
        .hinted("How often a ping is sent; 0 sends none.", "发送心跳的间隔；0 表示不发送。"),
    duration("pongTimeout", 10 * kSecond, 10, kHour)
        .labelled("Pong Timeout", "心跳超时")
        .hinted("How long the peer has to give a sign of life after a ping; then the connection counts as lost.",
                "发送心跳后对端响应的最长时间，超过则视为连接丢失。"),
    duration("idleTimeout", 0, 10, 24 * kHour).or_off()
        .labelled("Idle Timeout", "空闲超时")
        .hinted("How long a connection may bring no message before it is closed (code 1001); a client then connects "
                "again. 0 sets no limit.",
                "连接在该时间内没有收到消息则以关闭码 1001 关闭，客户端随后重新连接；0 表示不限制。"),
    duration("reconnectInitial", 500, 10, kHour).of(Side::client)
        .labelled("Reconnect Initial Delay", "重连初始间隔")
        .hinted("Longest wait before the first retry; it doubles with each failure.",
                "首次重连前的最长等待时间，每次失败后加倍。"),
    duration("reconnectMax", 30 * kSecond, 10, 24 * kHour).of(Side::client)
        .labelled("Reconnect Max Delay", "重连最大间隔")
        .hinted("Longest wait between two tries.", "两次重连之间的最长等待时间。"),
    duration("reconnectStable", 10 * kSecond, 0, 24 * kHour).of(Side::client)
        .labelled("Reconnect Reset", "重连重置时间")
        .hinted("How long a connection must hold before the wait starts small again.",
                "连接保持该时间后，重连间隔恢复为初始值。"),
};
// clang-format on

std::string choices_of(const Property& row) {
  std::string result;
  for (const char* each : row.choices) {
    if (each == nullptr) break;
    if (!result.empty()) result += ", ";
    result += each;
  }
  return "one of " + result;
}

std::string range(const Property& row) {
  return "from " + format_number(row, row.min) + " to " + format_number(row, row.max);
}

}  // namespace

Rows table() { return {std::begin(kTable), std::end(kTable)}; }

const Property* find_property(std::string_view name) {
  for (const auto& row : kTable) {
    if (equal_without_case(row.name, name)) return &row;
  }
  return nullptr;
}

std::string format_number(const Property& row, std::int64_t number) {
  switch (row.type) {
    case Type::duration:
      return format_duration(number);
    case Type::size:
      return format_size(number);
    case Type::boolean:
      return number != 0 ? "true" : "false";
    default:
      return std::to_string(number);
  }
}

std::string allowed(const Property& row) {
  const std::string off = row.zero_is_off ? "0 (off) or " : "";
  switch (row.type) {
    case Type::text:
      return "text";
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return off + "an integer " + range(row);
    case Type::size:
      return off + "a size " + range(row) + " (bytes, or a number with KiB, MiB or GiB)";
    case Type::duration:
      return off + "a duration " + range(row) + " (such as 500ms, 30s or 1m30s, or a number of milliseconds)";
    case Type::map:
      return "an object";
    case Type::choice:
      return choices_of(row);
  }
  return {};
}

}  // namespace ekws::config
