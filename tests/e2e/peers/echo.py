"""Compresses messages to an echo over TLS, and checks that they come back.

echo.py client URL CA
echo.py server CERT KEY    prints its port, checks whoever comes first
"""
import asyncio
import ssl
import sys

import websockets

MESSAGES = ["", "Hello, 温度", b"\x00\xff" * 1000, "x" * 300_000] + ['{"seq":%d}' % i for i in range(200)]


async def check(connection):
    names = [extension.name for extension in connection.extensions]
    if names != ["permessage-deflate"]:
        sys.exit("agreed on %s" % names)
    for message in MESSAGES:
        await connection.send(message)
        answer = await connection.recv()
        if answer != message:
            sys.exit("%.60r came back as %.60r" % (message, answer))
    await connection.close()
    if connection.close_code != 1000:
        sys.exit("closed with %s" % connection.close_code)


async def client(url, ca):
    context = ssl.create_default_context(cafile=ca)
    async with websockets.connect(url, ssl=context) as connection:
        await check(connection)


async def server(cert, key):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    done = asyncio.get_running_loop().create_future()

    async def serve(connection):
        try:
            await check(connection)
            done.set_result(None)
        except BaseException as problem:
            done.set_exception(RuntimeError(str(problem)))

    async with websockets.serve(serve, "127.0.0.1", 0, ssl=context) as listener:
        print(listener.sockets[0].getsockname()[1], flush=True)
        await done


role, first, second = sys.argv[1:]
asyncio.run({"client": client, "server": server}[role](first, second))
