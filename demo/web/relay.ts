/** A relay: what comes over a WebSocket goes on over TCP to one place, and back. It sees TLS, and nothing of what is inside. */
import { connect } from 'node:net'
import { type WebSocketEnd, webSocketServer } from './web-socket.ts'

/** Beyond this, the slower side slows the faster one. */
const most = 65_536

/** A relay on a port of its own, to one address alone: whoever comes cannot say where to. */
export async function relay(
  host: string,
  port: number,
): Promise<{ readonly url: string; close(): void }> {
  const { url, server } = await webSocketServer(end => join(end, host, port))
  return { url, close: () => server.close() }
}

function join(end: WebSocketEnd, host: string, port: number): void {
  const socket = connect(port, host)
  end.addEventListener('message', event => {
    const { data } = event as unknown as { readonly data: ArrayBuffer }
    if (!socket.write(new Uint8Array(data))) end.pause()
  })
  socket.on('drain', () => end.resume())
  socket.on('data', bytes => {
    if (end.readyState !== 1) return
    end.send(bytes)
    if (end.bufferedAmount <= most) return
    socket.pause()
    end.drained().then(() => socket.resume())
  })
  socket.on('end', () => end.close(1000))
  // An end that was none: a code of the application's range (RFC 6455 §7.4.2).
  socket.on('error', () => end.close(4000))
  end.addEventListener('close', () => socket.destroySoon())
  end.addEventListener('error', () => socket.destroy())
}
