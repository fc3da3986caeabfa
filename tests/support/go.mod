module ekuiper-websocket/tests/support

go 1.25.0
