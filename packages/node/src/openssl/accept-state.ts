/** What an accept BIO keeps: where to listen, what listens there, and who came last. */
import type { BIO } from '@biopair/ssl/openssl'
import { AcceptBio, AcceptedBio } from '../accept.ts'
import {
  BIO_FAMILY_IPANY,
  BIO_FAMILY_IPV4,
  BIO_SOCK_KEEPALIVE,
  BIO_SOCK_NODELAY,
  BIO_SOCK_V6_ONLY,
} from './socket-constants.ts'

export class Accepting {
  host: string | null = null
  service: string | null = null
  family = BIO_FAMILY_IPANY
  mode = 0
  /** The chain of which every connection gets a copy. */
  bios: BIO | null = null
  /** Whether BIO_do_accept has said that it is bound, where, and who came last. */
  bound = false
  name: string | null = null
  port: string | null = null
  peerName: string | null = null
  peerPort: string | null = null
  listener: AcceptBio | undefined

  /** What listens, made at the first call. Throws for a port that cannot be. */
  start(port: number): AcceptBio {
    const { mode, family } = this
    const any = family === BIO_FAMILY_IPV4 ? '0.0.0.0' : undefined
    const host = this.host ?? any
    this.listener ??= new AcceptBio({
      port,
      ...(host === undefined ? {} : { host }),
      ipv6Only: (mode & BIO_SOCK_V6_ONLY) !== 0,
      noDelay: (mode & BIO_SOCK_NODELAY) !== 0,
      keepAlive: (mode & BIO_SOCK_KEEPALIVE) !== 0,
    })
    return this.listener
  }

  /** Listens no more; connections that nobody took are reset, as the system does it. */
  stop(): void {
    const { listener } = this
    this.listener = undefined
    this.bound = false
    if (!listener) return
    listener.close()
    for (
      let waiting = listener.accept();
      waiting instanceof AcceptedBio;
      waiting = listener.accept()
    )
      waiting.socket.resetAndDestroy()
  }
}
