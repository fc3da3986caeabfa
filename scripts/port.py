"""Who gets the port of kuiper.yaml: eKuiper's own data server has it, used or not, and the plugin is to have it."""

import re
import socket
from dataclasses import dataclass, field

import yaml_lines
from service import VARIABLE, Systemd, drop_in_text

KUIPER, GROUPS = "kuiper.yaml", "websocket.yaml"
DEFAULT_IP, DEFAULT_PORT = "0.0.0.0", 10081
BEGIN = "# make install: the address that kuiper.yaml had for eKuiper's data server. From now on this group decides."
END = "# make install: end"
ABOVE = " (make install: set above)"
WITH = "(httppush, websocketBuiltin in server mode)"


class Undecided(Exception):
    """It cannot be settled without the operator; the text says what is asked for."""


@dataclass
class Files:
    """The texts that decide, without the plugin's changes; settle() changes them."""

    kuiper: str
    group: str  # websocket.yaml
    drop_in: tuple[str, str] | None = None  # path and text


@dataclass
class Choice:
    by: str = ""  # service, group, env; empty: service where a unit runs this eKuiper, else group
    unit: str = ""
    data_port: int | None = None  # None: a free one


@dataclass
class Settled:
    data_port: int | None
    story: list[str]  # for people: what is going to be done
    state: list[str]  # the same where it was done before
    address: dict = field(default_factory=dict)  # what the group `default` gets


def settle(files: Files, choice: Choice, systemd: Systemd, earlier: int | None) -> Settled:
    """earlier: the data server's port of an earlier installation, which an upgrade keeps."""
    kuiper = yaml_lines.read(KUIPER, files.kuiper)
    group = yaml_lines.section(yaml_lines.read(GROUPS, files.group), "default")
    source = yaml_lines.section(kuiper, "source")
    documented = number(source.get("httpserverport")) or DEFAULT_PORT
    ours = number(group.get("httpserverport"))
    if ours and ours != documented:
        told = (
            f"your group `default` of websocket.yaml has a port of its own, {ours}: nothing to settle, "
            f"eKuiper's own data server is on {documented}"
        )
        if earlier and earlier != documented:
            told += f" again: who sends to it (httppush) at port {earlier}, where make install had moved it, must know"
        return Settled(None, [told], [told])
    data_port = choice.data_port or earlier or free_port(documented, kuiper)
    if not 0 < data_port < 65536:
        raise Undecided(f"DATA_PORT={data_port} is not allowed; it is a port from 1 to 65535")
    if data_port == documented:
        raise Undecided(f"DATA_PORT={data_port} is the port that kuiper.yaml names; take another one")

    unit = choose_unit(choice, systemd)
    if choice.by == "env":
        told = f"nothing is changed for the port; set {VARIABLE}={data_port} in eKuiper's environment"
        return Settled(None, [told], [told])
    if unit:
        return by_service(files, systemd, unit, documented, data_port)
    why = "as asked for" if choice.by == "group" else "no service was found that starts this eKuiper, so"
    return by_group(files, source, group, documented, data_port, why)


def choose_unit(choice: Choice, systemd: Systemd) -> str:
    """Empty: not by a service."""
    if choice.by not in ("", "service", "group", "env"):
        raise Undecided(f"PORT_BY={choice.by} is not allowed; it is service, group or env")
    if choice.unit and choice.by in ("", "service"):
        unit = choice.unit if choice.unit.endswith(".service") else f"{choice.unit}.service"
        if unit not in systemd.units():
            raise Undecided(f"SERVICE={choice.unit}: there is no {unit} in {', '.join(systemd.folders)}")
        return unit
    if choice.by in ("group", "env"):
        return ""
    units = systemd.running()
    if len(units) > 1:
        names = ", ".join(units)
        raise Undecided(f"several services start this eKuiper: {names}; name one by SERVICE=, or PORT_BY=group")
    if choice.by == "service" and not units:
        raise Undecided("no service starts this eKuiper; name it by SERVICE=")
    return units[0] if units else ""


def by_service(files: Files, systemd: Systemd, unit: str, documented: int, data_port: int) -> Settled:
    already = systemd.data_port(unit)
    if already == documented:
        raise Undecided(f"{unit} sets {VARIABLE}={already}, which is the port that kuiper.yaml names; change it there")
    if already:
        told = f"{unit} moves eKuiper's data server to port {already} already; nothing to settle"
        return Settled(None, [told], [told])
    files.drop_in = (systemd.drop_in(unit), drop_in_text(data_port))
    return Settled(data_port, [
        f"{unit} gets a drop-in that moves eKuiper's own data server {WITH} to port {data_port}",
        f"kuiper.yaml keeps port {documented}, where the plugin listens",
    ], [
        f"a drop-in of {unit} moves eKuiper's own data server {WITH} to port {data_port}",
        f"the plugin listens on port {documented} of kuiper.yaml",
    ])


def by_group(files: Files, source: dict, group: dict, documented: int, data_port: int, why: str) -> Settled:
    present = {"httpServerIp": source.get("httpserverip") or DEFAULT_IP, "httpServerPort": documented}
    if tls := source.get("httpservertls"):
        present["httpServerTls"] = tls
    missing = {key: value for key, value in present.items() if not group.get(key.lower())}
    files.group = with_address(files.group, missing)
    files.kuiper = yaml_lines.set_value(KUIPER, files.kuiper, "source", "httpServerPort", data_port)
    return Settled(data_port, [
        f"{why} kuiper.yaml gets port {data_port} for eKuiper's own data server {WITH}",
        f"the group `default` of websocket.yaml gets what kuiper.yaml said: port {documented}, {', '.join(missing)}"
        if missing else "the group `default` of websocket.yaml has the rest already",
        "from now on that group decides where the plugin listens, not kuiper.yaml",
    ], [
        f"eKuiper's own data server {WITH} has port {data_port}, as kuiper.yaml says",
        f"the plugin listens on port {documented}, as the group `default` of websocket.yaml says",
    ], missing)


def with_address(group: str, address: dict) -> str:
    if not address:
        return group
    text = yaml_lines.insert(GROUPS, group, "default", [BEGIN, *yaml_lines.dump(address), END], address)
    # Who takes the sign off a property that is there to be set must not have it twice: eKuiper reads no such file.
    return re.sub(rf"(?m)^( +)# ((?:{'|'.join(address)}):[^\r\n]*)", rf"\1## \2{ABOVE}", text)


def without_address(group: str) -> str:
    """Of a text that is as with_address made it; comments stay as it made them."""
    return yaml_lines.remove(group, BEGIN, END)


def number(value) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def free_port(documented: int, kuiper: dict) -> int:
    basic = yaml_lines.section(kuiper, "basic")
    taken = {documented, *(number(basic.get(key)) for key in ("port", "restport", "pprofport", "prometheusport"))}
    first = documented + 10
    for port in [*range(first, min(first + 100, 65536)), *range(max(documented - 100, 1024), documented)]:
        if port not in taken and bindable(port):
            return port
    raise Undecided("no free port was found for eKuiper's own data server; name one by DATA_PORT=")


def bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True
