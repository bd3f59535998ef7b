/** A worker that keeps a private key and speaks TLS with it. Out of it come plaintext, facts, and how it ended. */
import { webCryptoKey } from '@biopair/ssl'
import { accept, connect } from '@biopair/web'
import { type Facts, factsOf } from './facts.ts'

export interface Order {
  readonly role: 'client' | 'server'
  /** The carrier. */
  readonly port: MessagePort
}

/** Plaintext both ways. */
export interface End {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

export interface Told {
  readonly streams?: End
  readonly facts?: Facts
  readonly closed?: string
  readonly failed?: string
}

interface Identity {
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly servername: string
}

function tell(told: Told, transfer: Transferable[] = []): void {
  self.postMessage(told, { transfer })
}

async function serve({ role, port }: Order): Promise<void> {
  const { ca, cert, key, servername } = (await (await fetch('/identity.json')).json()) as Identity
  // From here on nobody can read it, not even this worker.
  const kept = await crypto.subtle.importKey(
    'pkcs8',
    derOf(key),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  )
  const identity = webCryptoKey(cert, kept, crypto.subtle)
  const connection =
    role === 'client'
      ? connect(port, { ca, servername, ALPNProtocols: ['demo'], ...identity })
      : accept(port, { ca, requestCert: true, ALPNProtocols: ['demo'], ...identity })
  const { readable, writable } = connection
  tell({ streams: { readable, writable } }, [readable, writable])
  tell({ facts: await factsOf(connection) })
  await connection.closed
  tell({ closed: 'clean' })
}

/** The bytes of a PEM block. */
function derOf(pem: string): Uint8Array<ArrayBuffer> {
  const text = atob(pem.replace(/-----[^-]+-----|\s/g, ''))
  return Uint8Array.from(text, char => char.charCodeAt(0))
}

self.addEventListener(
  'message',
  ({ data }: MessageEvent<Order>) => {
    serve(data).catch((error: unknown) => tell({ failed: String(error) }))
  },
  { once: true },
)
