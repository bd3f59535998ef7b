/** A connection of TLS 1.2 that was had with somebody else's server, and our client as it was then. */
import { MemoryBio } from '@biopair/bio'
import { type CryptoProvider, failed, type Random } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { ClientHello, decodeMessage } from '@biopair/handshake'
import { Ssl, SslContext } from '@biopair/ssl'
import { seeded } from '../support/seeded.ts'

/** How it was made: `node test/dist/tls12/record-vectors.js` wrote vectors.json, with peers of that machine. Bytes are hex. */
export interface Vector {
  /** Who the server was. */
  readonly peer: string
  readonly suite: string
  readonly extended: boolean
  /** What the client's draws follow from. */
  readonly seed: string
  readonly pre_master_secret: string
  /** The server's line of its key log: CLIENT_RANDOM, the random, the master secret. */
  readonly keylog: string
  /** Everything that each end sent. */
  readonly client: string
  readonly server: string
}

export const said = 'what was said\n'

/** Draws that follow from a seed and what they are for, in whatever order they are made. */
function drawing(seed: string): Random {
  const known = new Map<string, Random>()
  return (purpose, length) => {
    const draw = known.get(purpose) ?? seeded(`${seed} ${purpose}`)
    known.set(purpose, draw)
    return draw(purpose, length)
  }
}

/** Our end of it. */
export class VectorClient {
  readonly ssl: Ssl
  /** What is to be given to it, and what it says. */
  readonly toUs = new MemoryBio()
  readonly fromUs = new MemoryBio()
  readonly keylog: string[] = []
  preMaster = ''

  /** @param hello the ClientHello to say, header included; its own where it is not given */
  constructor(
    { suite, extended, seed }: Pick<Vector, 'suite' | 'extended' | 'seed'>,
    hello?: Uint8Array,
  ) {
    const { x25519 } = nodeCrypto.groups
    const crypto: CryptoProvider = {
      ...nodeCrypto,
      groups: {
        ...nodeCrypto.groups,
        x25519: {
          ...x25519,
          answer: (peer, random) => {
            const answer = x25519.answer(peer, random)
            if (!failed(answer)) this.preMaster = Buffer.from(answer.secret).toString('hex')
            return answer
          },
        },
      },
    }
    const context = new SslContext({
      crypto,
      ...{
        ciphers: suite,
        groups: 'x25519:P-256',
        maxVersion: 'TLSv1.2',
        rejectUnauthorized: false,
      },
      requireExtendedMasterSecret: extended,
      random: drawing(seed),
      keylog: line => this.keylog.push(line),
      edit: (name, message) =>
        name === 'ClientHello' && hello
          ? (decodeMessage(ClientHello, hello.subarray(4)) as unknown as typeof message)
          : message,
    })
    this.ssl = new Ssl(context, { servername: 'server.example' })
      .setBio(this.toUs, this.fromUs)
      .setConnectState()
  }

  /** What it has to say now. */
  takes(): Uint8Array {
    const bytes = new Uint8Array(this.fromUs.pending)
    if (bytes.length > 0) this.fromUs.read(bytes)
    return bytes
  }
}
