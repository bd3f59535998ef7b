/** The key c of s_server: asks the client for a certificate after the handshake, and says what comes of it (RFC 9846 §4.7.2). */
import type { CertificateInquiry, Ssl } from '@biopair/ssl'
import { settled } from './drive.ts'
import { laterReport, verifyLines } from './report.ts'
import type { Speaker } from './speaker.ts'

export class Inquiry {
  readonly #ssl: Ssl
  readonly #speaker: Speaker
  #open: CertificateInquiry[] = []

  constructor(ssl: Ssl, speaker: Speaker) {
    this.#ssl = ssl
    this.#speaker = speaker
  }

  /** Asks. A client that cannot be asked is no reason to end the connection. */
  async ask(): Promise<void> {
    const outcome = await settled(this.#ssl, () => this.#ssl.requestCertificate())
    if (outcome.status === 'done') this.#open.push(outcome.request)
    else if (outcome.status !== 'failed')
      this.#speaker.error(`Failed to initiate request: ${reasons[outcome.status]}`)
  }

  /** Says what has become of each request, once. */
  look(): void {
    for (const { state } of this.#open) {
      if (state !== 'authenticated' && state !== 'declined') continue
      if (state === 'authenticated')
        this.#speaker.verified(verifyLines(this.#ssl), this.#ssl.authorized)
      this.#speaker.tell(laterReport(this.#ssl, state))
    }
    this.#open = this.#open.filter(({ state }) => state !== 'authenticated' && state !== 'declined')
  }
}

const reasons = {
  unsupported: 'the client has not offered it (-enable_pha), or a pre-shared key is used',
  busy: '8 requests wait for their answers',
} as const
