/** The WebSocket of the demo's relay, for tests. */
export { WebSocketEnd, webSocketPair, webSocketServer, webSocketTo } from 'biopair-demo/web-socket'
