/** Does what a schedule says with our C face, and says what every call came to: what libssl.c does with OpenSSL. */
import { nodeCrypto } from '@biopair/crypto-node'
import * as C from '@biopair/ssl/openssl'
import { chainFor } from '../../support/mint.ts'
import { longest, pattern, turn } from './pattern.ts'
import { resuming } from './resuming.ts'
import { type Came, type Named, saidOf, state } from './said.ts'

const copy = pattern.slice()
const into = new Uint8Array(longest)

/** One process of the C program, as it were: `run` is a line in, a line out. */
export class Face {
  #objects: Named[] = []
  readonly #sessions = new Map<string, C.SSL_SESSION>()
  #tickets = 0
  #early = 0

  /** The answers to a schedule's calls. */
  static run(schedule: readonly string[]): string[] {
    const face = new Face()
    try {
      return schedule.map(line => face.call(line))
    } finally {
      face.#end()
    }
  }

  /** One call of a schedule. */
  call(line: string): string {
    const [call = '', ...words] = line.split(' ')
    const object = this.#find(words[0])
    const came =
      (object?.ssl && this.#onSsl(call, object, object.ssl, words[1], words[2])) ||
      (object?.bio && this.#onBio(call, object, object.bio, words[1])) ||
      this.#making(call, words)
    const said = came ? saidOf(came) : ['ret=none']
    return [...said, ...this.#objects.flatMap(state)].join(' ')
  }

  #end(): void {
    for (const { ssl } of this.#objects) if (ssl) C.SSL_free(ssl)
  }

  #find(name: string | undefined): Named | undefined {
    return this.#objects.find(object => object.name === name)
  }

  #add(named: Omit<Named, 'sent'>): Named {
    const object = { ...named, sent: 0 }
    this.#objects.push(object)
    return object
  }

  #drop(object: Named): void {
    this.#objects = this.#objects.filter(other => other !== object && other.owner !== object)
    if (object.ssl) C.SSL_free(object.ssl)
    else if (object.bio) C.BIO_free(object.bio)
  }

  #onBio(call: string, object: Named, bio: C.BIO, word = '0'): Came | undefined {
    const number = Number(word)
    const from = pattern.subarray(object.sent % turn)
    switch (call) {
      case 'read':
        return read(bio, C.BIO_read(bio, into, number))
      case 'gets':
        return read(bio, C.BIO_gets(bio, into, number))
      case 'write': {
        const ret = C.BIO_write(bio, from, number)
        object.sent += Math.max(ret, 0)
        return { ret, of: bio }
      }
      case 'nread0':
        return lent(bio, C.BIO_nread0(bio))
      case 'nread':
        return lent(bio, C.BIO_nread(bio, number))
      case 'nwrite0':
        return { ret: C.BIO_nwrite0(bio)[0], of: bio }
      case 'nwrite': {
        const [ret, room] = C.BIO_nwrite(bio, number)
        if (ret > 0) room.set(from.subarray(0, ret))
        object.sent += Math.max(ret, 0)
        return { ret, of: bio }
      }
      case 'shutdown_wr':
        return { ret: C.BIO_shutdown_wr(bio) }
      case 'reset':
        return { ret: C.BIO_reset(bio) }
      case 'flush':
        return { ret: C.BIO_flush(bio) }
      case 'forget':
        return { ret: C.BIO_ctrl_reset_read_request(bio) }
      case 'size':
        return { ret: C.BIO_set_write_buf_size(bio, number), of: bio }
      case 'part':
        return { ret: C.BIO_destroy_bio_pair(bio) }
      case 'eof_return':
        return { ret: C.BIO_set_mem_eof_return(bio, number), of: bio }
      case 'free':
        if (object.owner) return undefined
        this.#drop(object)
        return { ret: 1 }
    }
    return undefined
  }

  #onSsl(call: string, object: Named, ssl: C.SSL, word = '0', more?: string): Came | undefined {
    const number = Number(word)
    const from = (more === undefined ? pattern : copy).subarray(object.sent % turn)
    switch (call) {
      case 'handshake':
        return { ret: C.SSL_do_handshake(ssl), of: ssl }
      case 'connect':
        return { ret: C.SSL_connect(ssl), of: ssl }
      case 'accept':
        return { ret: C.SSL_accept(ssl), of: ssl }
      case 'sslread':
        return read(ssl, C.SSL_read(ssl, into, number))
      case 'sslpeek':
        return read(ssl, C.SSL_peek(ssl, into, number))
      case 'sslwrite': {
        const ret = C.SSL_write(ssl, from, number)
        object.sent += Math.max(ret, 0)
        return { ret, of: ssl }
      }
      case 'sslwrite_ex': {
        const [ret, passed] = C.SSL_write_ex(ssl, from, number)
        object.sent += passed
        return { ret, of: ssl, ...(ret === 1 ? { passed } : {}) }
      }
      case 'shutdown':
        return { ret: C.SSL_shutdown(ssl), of: ssl }
      case 'session':
        return { ret: this.#keep(word, ssl) }
      case 'resume':
        return {
          ret: C.SSL_set_session(ssl, this.#sessions.get(word) ?? null),
          of: ssl,
          only: 'error',
        }
      case 'key_update':
        return { ret: C.SSL_key_update(ssl, number), of: ssl, only: 'error' }
      case 'ticket':
        return { ret: C.SSL_new_session_ticket(ssl), of: ssl, only: 'error' }
      case 'mode':
        return { ret: C.SSL_set_mode(ssl, number) > 0 ? 1 : 0 }
      case 'set_shutdown':
        C.SSL_set_shutdown(ssl, number)
        return { ret: 1 }
      case 'quiet':
        C.SSL_set_quiet_shutdown(ssl, number)
        return { ret: 1 }
      case 'role':
        setRole(ssl, word)
        return { ret: 1 }
      case 'expect':
        return { ret: C.SSL_set1_host(ssl, word) }
      case 'wire': {
        const half = this.#find(word)
        if (!half?.bio || half.owner) return undefined
        wire(object, half)
        return { ret: 1 }
      }
      case 'sslfree':
        this.#drop(object)
        return { ret: 1 }
    }
    return resuming(call, object, ssl, word)
  }

  /** Keeps the session of a connection; answers whether it is resumable. */
  #keep(name: string, ssl: C.SSL): number {
    const session = C.SSL_get1_session(ssl)
    if (session) this.#sessions.set(name, session)
    else this.#sessions.delete(name)
    return session ? C.SSL_SESSION_is_resumable(session) : -1
  }

  #making(call: string, [a = '', b = '', c = '', d = '']: readonly string[]): Came | undefined {
    const [one, other] = [this.#find(a), this.#find(b)]
    switch (call) {
      case 'pair': {
        const [near, far] = C.BIO_new_bio_pair(Number(c), Number(d))
        this.#add({ name: a, bio: near })
        this.#add({ name: b, bio: far })
        return { ret: 1 }
      }
      case 'half':
        this.#add({ name: a, bio: C.BIO_new(C.BIO_s_bio()) })
        return { ret: 1 }
      case 'mem':
        this.#add({ name: a, bio: C.BIO_new(C.BIO_s_mem()) })
        return { ret: 1 }
      case 'memro':
        this.#add({ name: a, bio: C.BIO_new_mem_buf(pattern, Number(b)) })
        return { ret: 1 }
      case 'ssl': {
        const half = this.#find(c)
        if (!half?.bio || half.owner) return undefined
        const ssl = newSsl(b, this.#tickets, this.#early)
        setRole(ssl, b)
        wire(this.#add({ name: a, ssl }), half)
        return { ret: 1 }
      }
      case 'bare':
        this.#add({ name: a, ssl: newSsl(b, this.#tickets, this.#early) })
        return { ret: 1 }
      case 'tickets':
        this.#tickets = Number(a)
        return { ret: 1 }
      case 'early':
        this.#early = Number(a)
        return { ret: 1 }
      case 'queue':
        return { ret: 1 }
      case 'join':
        if (!one?.bio || !other?.bio) return undefined
        return { ret: C.BIO_make_bio_pair(one.bio, other.bio), of: one.bio }
      case 'move':
        if (!one?.bio || !other?.bio) return undefined
        return { ret: move(one.bio, other.bio, c, d), of: other.bio }
      case 'copy': {
        if (!one?.bio || !other?.bio) return undefined
        const [count, run] = C.BIO_nread0(one.bio)
        return { ret: count > 0 ? C.BIO_write(other.bio, run, count) : 0, of: other.bio }
      }
      case 'say':
        if (!one?.bio) return undefined
        return { ret: C.BIO_write(one.bio, Buffer.from(b, 'hex')), of: one.bio }
      case 'shake':
        if (!one?.ssl || !other?.ssl) return undefined
        return { ret: shake(one.ssl, other.ssl) }
    }
    return undefined
  }
}

function read(of: C.BIO | C.SSL, ret: number): Came {
  return { ret, of, out: into.subarray(0, Math.max(ret, 0)) }
}

function lent(of: C.BIO, [ret, out]: [number, Uint8Array]): Came {
  return { ret, of, out }
}

function newSsl(role: string, tickets: number, early: number): C.SSL {
  const ssl = C.SSL_new(context(role))
  if (role === 'client') must(C.SSL_set1_host(ssl, 'server.example'))
  if (role === 'client') must(C.SSL_set_tlsext_host_name(ssl, 'server.example'))
  must(C.SSL_set_num_tickets(ssl, tickets))
  must(C.SSL_set_max_early_data(ssl, early))
  return ssl
}

function setRole(ssl: C.SSL, role: string): void {
  if (role === 'server') C.SSL_set_accept_state(ssl)
  else C.SSL_set_connect_state(ssl)
}

function wire(connection: Named, half: Named): void {
  C.SSL_set_bio(connection.ssl as C.SSL, half.bio as C.BIO, half.bio as C.BIO)
  half.owner = connection
}

/** Handshake calls on both until both are done: 1, or 0 where nothing helps. */
function shake(one: C.SSL, other: C.SSL): 0 | 1 {
  for (let round = 0; round < 30_000; round++) {
    let done = 0
    for (const ssl of [one, other]) {
      const ret = C.SSL_do_handshake(ssl)
      const status = C.SSL_get_error(ssl, ret)
      if (ret === 1) done++
      else if (status !== C.SSL_ERROR_WANT_READ && status !== C.SSL_ERROR_WANT_WRITE) return 0
    }
    if (done === 2) return 1
  }
  return 0
}

function move(from: C.BIO, to: C.BIO, most: string, flip: string): number {
  const wanted = most !== '' && Number(most) >= 0 ? Number(most) : longest
  const count = Math.min(wanted, C.BIO_ctrl_pending(from), C.BIO_ctrl_get_write_guarantee(to))
  if (count === 0) return 0
  const got = C.BIO_read(from, into, count)
  if (flip !== '' && Number(flip) < got) into[Number(flip)] = (into[Number(flip)] as number) ^ 1
  return C.BIO_write(to, into, got)
}

const contexts = new Map<string, C.SSL_CTX>()

/** Only what libssl.c has too, so that both say the same things to each other in as many bytes as can be. */
function context(role: string): C.SSL_CTX {
  const known = contexts.get(role)
  if (known) return known
  const { root, pem, keyPem } = chainFor('p256')
  const method = role === 'server' ? C.TLS_server_method() : C.TLS_client_method()
  const ctx = C.SSL_CTX_new(method, { crypto: nodeCrypto })
  must(C.SSL_CTX_set_ciphersuites(ctx, 'TLS_AES_128_GCM_SHA256'))
  must(C.SSL_CTX_set1_groups_list(ctx, 'X25519'))
  must(C.SSL_CTX_load_verify(ctx, root.pem))
  must(C.SSL_CTX_use_certificate_chain(ctx, pem))
  must(C.SSL_CTX_use_PrivateKey(ctx, keyPem))
  must(C.SSL_CTX_set_session_id_context(ctx, Buffer.from('x')))
  contexts.set(role, ctx)
  return ctx
}

function must(result: number): void {
  if (result !== 1) throw new Error(`expected 1, got ${result}`)
}
