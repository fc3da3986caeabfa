"""A WebSocket peer that sends numbered messages over TLS.

peer.py client URL CA COUNT
peer.py server CERT KEY COUNT    prints its port, sends to whoever comes first
"""
import asyncio
import ssl
import sys

import websockets


async def send(connection, count):
    for seq in range(count):
        await connection.send('{"seq":%d,"from":"python"}' % seq)
    await connection.close()
    if connection.close_code != 1000:
        sys.exit("closed with %s" % connection.close_code)


async def client(url, ca, count):
    context = ssl.create_default_context(cafile=ca)
    async with websockets.connect(url, ssl=context) as connection:
        await send(connection, count)


async def server(cert, key, count):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    done = asyncio.get_running_loop().create_future()

    async def serve(connection):
        await send(connection, count)
        if not done.done():
            done.set_result(None)

    async with websockets.serve(serve, "127.0.0.1", 0, ssl=context) as listener:
        print(listener.sockets[0].getsockname()[1], flush=True)
        await done


role, first, second, count = sys.argv[1:]
asyncio.run({"client": client, "server": server}[role](first, second, int(count)))
