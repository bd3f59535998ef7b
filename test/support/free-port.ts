/** Ports that stay free until a test's own program takes them, for programs that do not say which one they took, and for nobody at all. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

let next = 10_000 + 2 * (process.pid % 11_000)

/**
 * A port that nobody listens on. It lies below those that a system gives out by itself, so that no other socket gets it in the meantime;
 * its odd neighbour is held as long as this process lives, so that no other process of these tests gets it either.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next
    next = port + 2 < 32_000 ? port + 2 : 10_000
    const held = await listening(port + 1, '127.0.0.1')
    if (!held) continue
    const tried = await listening(port)
    if (tried) {
      held.unref()
      tried.close()
      await once(tried, 'close')
      return port
    }
    held.close()
  }
}

async function listening(port: number, host?: string): Promise<Server | undefined> {
  const server = createServer(socket => socket.destroy()).listen({ port, host })
  try {
    await once(server, 'listening')
    return server
  } catch {
    return undefined
  }
}
