/** Section 5.6: who owns a BIO that an SSL was given, counted. */
import { type Bio, broken } from '@biopair/bio'
import {
  type BIO,
  BIO_free,
  BIO_from,
  BIO_new,
  BIO_s_mem,
  BIO_up_ref,
  type SSL,
  SSL_connect,
  SSL_ERROR_SYSCALL,
  SSL_free,
  SSL_get_error,
  SSL_get_rbio,
  SSL_get_wbio,
  SSL_new,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set0_rbio,
  SSL_set0_wbio,
  SSL_set1_host,
} from '@biopair/ssl/openssl'
import test from 'ava'
import fc from 'fast-check'
import { clientContext, versions } from './support/tls.ts'

/** The references that a caller has to give, by the rules of SSL_set_bio(3), read as what OpenSSL does. */
function asked(ssl: SSL, rbio: BIO | null, wbio: BIO | null): (BIO | null)[] {
  const [oldRead, oldWrite] = [SSL_get_rbio(ssl), SSL_get_wbio(ssl)]
  const both = rbio === wbio
  if (rbio === oldRead && wbio === oldWrite) return []
  if (rbio === oldRead) return both ? [] : [wbio]
  if (wbio === oldWrite && oldRead !== oldWrite) return both ? [] : [rbio]
  return both ? [rbio] : [rbio, wbio]
}

for (const version of versions) {
  const title = (text: string) => `${text} (${version.name})`
  const ctx = clientContext(version)

  test(
    title('5.6: who gives the references that the table asks for loses none and frees none'),
    t => {
      const place = fc.constantFrom(0, 1, 2, 3)
      fc.assert(
        fc.property(fc.array(fc.tuple(place, place), { maxLength: 12 }), calls => {
          // The last place is no BIO at all.
          const bios = [0, 1, 2].map(() => BIO_new(BIO_s_mem()))
          const at = (index: number) => bios[index] ?? null
          const ssl = SSL_new(ctx)
          for (const [r, w] of calls) {
            for (const bio of asked(ssl, at(r), at(w))) if (bio) BIO_up_ref(bio)
            SSL_set_bio(ssl, at(r), at(w))
            const held = [SSL_get_rbio(ssl), SSL_get_wbio(ssl)]
            if (held[0] !== at(r) || held[1] !== at(w)) return false
            const counts = bios.map(bio => 1 + held.filter(one => one === bio).length)
            if (bios.some((bio, i) => bio.references !== counts[i])) return false
          }
          SSL_free(ssl)
          return bios.every(bio => bio.references === 1 && BIO_free(bio) === 1 && bio.freed)
        }),
        { numRuns: 200 },
      )
      t.pass()
    },
  )

  test(
    title(
      '5.6: SSL_set0_rbio and SSL_set0_wbio take one reference each, also of the BIO that is there already',
    ),
    t => {
      const bio = BIO_new(BIO_s_mem())
      const ssl = SSL_new(ctx)
      BIO_up_ref(bio)
      SSL_set0_rbio(ssl, bio)
      t.is(bio.references, 2)
      BIO_up_ref(bio)
      SSL_set0_rbio(ssl, bio)
      t.is(bio.references, 2)
      BIO_up_ref(bio)
      SSL_set0_wbio(ssl, bio)
      t.is(bio.references, 3)
      SSL_set0_rbio(ssl, null)
      SSL_set0_wbio(ssl, null)
      t.is(bio.references, 1)
      t.deepEqual([SSL_get_rbio(ssl), SSL_get_wbio(ssl)], [null, null])
    },
  )

  test(title('5.6: SSL_get_rbio and SSL_get_wbio lend: they change no count'), t => {
    const [r, w] = [BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())]
    const ssl = SSL_new(ctx)
    SSL_set_bio(ssl, r, w)
    t.is(SSL_get_rbio(ssl), r)
    t.is(SSL_get_wbio(ssl), w)
    t.deepEqual([r.references, w.references], [1, 1])
    SSL_free(ssl)
    t.deepEqual([r.freed, w.freed], [true, true])
  })

  test(
    title(
      '5.6: a wbio whose flush fails, fails the handshake; one whose flush has to wait is waited for',
    ),
    t => {
      let answer: ReturnType<Bio['flush']> = { stop: 'retry', on: 'write' }
      let written = 0
      const bio: Bio = {
        read: () => ({ stop: 'retry', on: 'read' }),
        write: bytes => {
          written += bytes.length
          return bytes.length
        },
        flush: () => answer,
        end: () => 'done',
        close: () => {},
      }
      const ssl = SSL_new(ctx)
      const carrier = BIO_from(bio)
      SSL_set_bio(ssl, carrier, carrier)
      SSL_set_connect_state(ssl)
      SSL_set1_host(ssl, 'server.example')
      t.is(SSL_connect(ssl), -1)
      t.is(SSL_get_error(ssl, -1), 3)
      const before = written
      answer = broken(new Error('ENOSPC'))
      for (let i = 0; i < 3; i++) {
        t.is(SSL_connect(ssl), -1)
        t.is(SSL_get_error(ssl, -1), SSL_ERROR_SYSCALL)
      }
      t.is(written, before)
    },
  )
}
