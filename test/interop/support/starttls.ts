/** The plaintext of five protocols up to where TLS begins, for both roles: SMTP, IMAP, XMPP, LDAP, Postgres. */
import { once } from 'node:events'
import type { Duplex } from 'node:stream'

/** Reads a stream message by message, and keeps what came behind. */
class Plain {
  readonly stream: Duplex
  held: Buffer = Buffer.alloc(0)

  constructor(stream: Duplex) {
    this.stream = stream
  }

  say(words: string | Uint8Array): void {
    this.stream.write(words)
  }

  /** The first message: `end` says how long it is, once it is all there. */
  async take(end: (bytes: Buffer) => number | undefined): Promise<Buffer> {
    for (;;) {
      const length = end(this.held)
      if (length !== undefined) {
        const taken = this.held.subarray(0, length)
        this.held = this.held.subarray(length)
        return taken
      }
      const chunk: Buffer | null = this.stream.read()
      if (chunk) this.held = Buffer.concat([this.held, chunk])
      else if (this.stream.readableEnded || this.stream.destroyed) throw new Error('it ended early')
      else await Promise.race([once(this.stream, 'readable'), once(this.stream, 'end')])
    }
  }

  async upTo(words: string): Promise<string> {
    const taken = await this.take(bytes => {
      const at = bytes.indexOf(words)
      return at < 0 ? undefined : at + words.length
    })
    return taken.toString('latin1')
  }

  async line(expected: RegExp): Promise<string> {
    for (;;) {
      const line = await this.upTo('\r\n')
      if (expected.test(line)) return line
      // One line of several.
      if (!/^(\d{3}-|\* )/.test(line)) throw new Error(`expected ${expected}, got ${line}`)
    }
  }
}

export interface Protocol {
  /** As `openssl s_client -starttls` calls it. */
  readonly name: string
  /** What a client says before. */
  readonly opening: Uint8Array
  /** The words that ask for TLS. */
  readonly command: Uint8Array
  /** The words that tell the client to begin. */
  readonly reply: Uint8Array
  /** Speaks as a server until the client has asked; answers what came behind that. */
  server(stream: Duplex): Promise<Buffer>
  /** Speaks as a client until the server has said to begin; answers what came behind that. */
  client(stream: Duplex): Promise<Buffer>
}

const text = (words: string) => Buffer.from(words, 'latin1')

const smtp: Protocol = {
  name: 'smtp',
  opening: text('EHLO client.example\r\n'),
  command: text('STARTTLS\r\n'),
  reply: text('220 go ahead\r\n'),
  async server(stream) {
    const plain = new Plain(stream)
    plain.say('220 server.example ready\r\n')
    await plain.line(/^EHLO /)
    plain.say('250-server.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n')
    await plain.line(/^STARTTLS\r\n$/)
    return plain.held
  },
  async client(stream) {
    const plain = new Plain(stream)
    await plain.line(/^220 /)
    plain.say(this.opening)
    await plain.line(/^250 STARTTLS/)
    plain.say(this.command)
    await plain.line(/^220 /)
    return plain.held
  },
}

const imap: Protocol = {
  name: 'imap',
  opening: text('. CAPABILITY\r\n'),
  command: text('. STARTTLS\r\n'),
  reply: text('. OK begin\r\n'),
  async server(stream) {
    const plain = new Plain(stream)
    plain.say('* OK ready\r\n')
    await plain.line(/^\. CAPABILITY\r\n$/)
    plain.say('* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n. OK done\r\n')
    await plain.line(/^\. STARTTLS\r\n$/)
    return plain.held
  },
  async client(stream) {
    const plain = new Plain(stream)
    await plain.line(/^\* OK/)
    plain.say(this.opening)
    await plain.line(/^\* CAPABILITY .*STARTTLS/)
    await plain.line(/^\. OK/)
    plain.say(this.command)
    await plain.line(/^\. OK/)
    return plain.held
  },
}

const streams = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
const xmppTls = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"

/** RFC 6120 §5.4. */
const xmpp: Protocol = {
  name: 'xmpp',
  opening: text(
    `<?xml version='1.0'?><stream:stream ${streams} to='server.example' version='1.0'>`,
  ),
  command: text(`<starttls ${xmppTls}/>`),
  reply: text(`<proceed ${xmppTls}/>`),
  async server(stream) {
    const plain = new Plain(stream)
    await plain.upTo('<stream:stream')
    await plain.upTo('>')
    plain.say(`<stream:stream ${streams} from='server.example' id='1' version='1.0'>`)
    plain.say(`<stream:features><starttls ${xmppTls}><required/></starttls></stream:features>`)
    await plain.upTo(`<starttls ${xmppTls}/>`)
    return plain.held
  },
  async client(stream) {
    const plain = new Plain(stream)
    plain.say(this.opening)
    await plain.upTo(`<starttls ${xmppTls}>`)
    await plain.upTo('</stream:features>')
    plain.say(this.command)
    await plain.upTo(`<proceed ${xmppTls}/>`)
    return plain.held
  },
}

/** A SEQUENCE of BER whose length is one byte. */
const element = (bytes: Buffer) => {
  const length = 2 + (bytes[1] ?? 0)
  return bytes.length < 2 || bytes.length < length ? undefined : length
}

/** RFC 4511 §4.14: LDAPMessage, ExtendedRequest [APPLICATION 23], requestName [0] 1.3.6.1.4.1.1466.20037. */
const startTls = Buffer.concat([
  Buffer.from([0x30, 29, 2, 1, 1, 0x77, 24, 0x80, 22]),
  text('1.3.6.1.4.1.1466.20037'),
])

const ldap: Protocol = {
  name: 'ldap',
  opening: new Uint8Array(0),
  command: startTls,
  // ExtendedResponse [APPLICATION 24]: success, no matchedDN, no diagnosticMessage.
  reply: Buffer.from([0x30, 12, 2, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0]),
  async server(stream) {
    const plain = new Plain(stream)
    const asked = await plain.take(element)
    if (!asked.equals(startTls)) throw new Error(`no StartTLS: ${asked.toString('hex')}`)
    return plain.held
  },
  async client(stream) {
    const plain = new Plain(stream)
    plain.say(this.command)
    const answer = await plain.take(element)
    if (answer[5] !== 0x78 || answer[9] !== 0) throw new Error(`refused: ${answer.toString('hex')}`)
    return plain.held
  },
}

/** PostgreSQL, "Message Formats": SSLRequest is its length, 8, and 80877103. */
const postgres: Protocol = {
  name: 'postgres',
  opening: new Uint8Array(0),
  command: Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]),
  reply: text('S'),
  async server(stream) {
    const plain = new Plain(stream)
    const asked = await plain.take(bytes => (bytes.length < 8 ? undefined : 8))
    if (!asked.equals(this.command)) throw new Error('no SSLRequest')
    return plain.held
  },
  async client(stream) {
    const plain = new Plain(stream)
    plain.say(this.command)
    const answer = await plain.upTo('S')
    if (answer !== 'S') throw new Error('refused')
    return plain.held
  },
}

export const protocols = [smtp, imap, xmpp, ldap, postgres] as const
