// A WebSocket peer that sends numbered messages over TLS.
//
// peer.js client URL CA COUNT
// peer.js server CERT KEY COUNT    prints its port, sends to whoever comes first
const fs = require("fs");
const https = require("https");
const WebSocket = require("ws");

const [role, first, second, count] = process.argv.slice(2);

function send(connection) {
  connection.on("error", fail);
  connection.on("close", (code) => (code === 1000 ? process.exit(0) : fail(new Error("closed with " + code))));
  for (let seq = 0; seq < Number(count); seq++) connection.send(JSON.stringify({ seq, from: "node" }));
  connection.close(1000);
}

function fail(error) {
  console.error(error.message);
  process.exit(1);
}

if (role === "client") {
  const connection = new WebSocket(first, { ca: fs.readFileSync(second) });
  connection.on("error", fail);
  connection.on("open", () => send(connection));
} else {
  const server = https.createServer({ cert: fs.readFileSync(first), key: fs.readFileSync(second) });
  new WebSocket.WebSocketServer({ server }).on("connection", send);
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}
