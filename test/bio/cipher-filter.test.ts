/** The cipher filter, over node:crypto's ciphers and over carriers that refuse and cut. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { bioPair, CipherFilter, MemoryBio, type StreamCipher } from '@biopair/bio'
import test from 'ava'
import fc from 'fast-check'
import { codeOf, counted, eof, retryRead, retryWrite, take } from './support/bytes.ts'
import { carriers, carry, coded, plainOf, script, weather } from './support/codec-chain.ts'

const key = counted(16)
const iv = counted(16, 99)

/** AES-GCM as a stream that ends in its tag. */
function sealing(): StreamCipher {
  const cipher = createCipheriv('aes-128-gcm', key, iv)
  return {
    update: bytes => cipher.update(bytes),
    final: () => Buffer.concat([cipher.final(), cipher.getAuthTag()]),
  }
}

function opening(): StreamCipher {
  const cipher = createDecipheriv('aes-128-gcm', key, iv, { authTagLength: 16 })
  let held = Buffer.alloc(0)
  return {
    update(bytes) {
      const all = Buffer.concat([held, bytes])
      held = all.subarray(Math.max(all.length - 16, 0))
      return cipher.update(all.subarray(0, all.length - held.length))
    },
    final() {
      cipher.setAuthTag(held)
      return cipher.final()
    },
  }
}

const kinds = {
  'aes-128-gcm with its tag': { encrypt: sealing, decrypt: opening },
  // As they are: a Cipheriv and a Decipheriv fit.
  'aes-128-cbc': {
    encrypt: (): StreamCipher => createCipheriv('aes-128-cbc', key, iv),
    decrypt: (): StreamCipher => createDecipheriv('aes-128-cbc', key, iv),
  },
  'aes-128-ctr': {
    encrypt: (): StreamCipher => createCipheriv('aes-128-ctr', key, iv),
    decrypt: (): StreamCipher => createDecipheriv('aes-128-ctr', key, iv),
  },
}
const scripts = script.map(steps => steps.filter(step => step !== 'flush'))

for (const [name, { encrypt, decrypt }] of Object.entries(kinds)) {
  test(`what is written through ${name} is read through it, over any carrier and cuts`, t => {
    fc.assert(
      fc.property(weather, scripts, fc.boolean(), (sky, steps, hold) => {
        const [a, b] = carriers(sky)
        const writer = new CipherFilter({ encrypt: encrypt() }).push(a)
        const options = hold ? { holdUntilVerified: 1 << 20 } : {}
        const reader = new CipherFilter({ decrypt: decrypt() }, options).push(b)
        const { got, stop } = carry(writer, reader, steps, sky.piece)
        t.is(stop, 'eof')
        t.deepEqual(got, plainOf(steps))
        t.deepEqual([writer.status, reader.status], ['ok', 'ok'])
      }),
      { numRuns: 40 },
    )
  })

  test(`what goes down through ${name} is enciphered once, whatever was refused`, t => {
    fc.assert(
      fc.property(weather, scripts, (sky, steps) => {
        const [a, b] = carriers(sky)
        const { got } = carry(new CipherFilter({ encrypt: encrypt() }).push(a), b, steps, sky.piece)
        const cipher = encrypt()
        const whole = Buffer.concat([cipher.update(plainOf(steps)), cipher.final()])
        t.deepEqual(got, whole)
        t.deepEqual(
          coded(() => new CipherFilter({ encrypt: encrypt() }), steps),
          whole,
        )
      }),
      { numRuns: 40 },
    )
  })
}

test('text that was tampered with, cut or lengthened is broken and failed; held back, no byte of it is given', t => {
  const change = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }), cut: fc.nat() })
  const how = fc.constantFrom('flip', 'cut', 'lengthen')
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      change,
      how,
      fc.boolean(),
      (data, c, what, hold) => {
        let sealed = coded(() => new CipherFilter({ encrypt: sealing() }), [data])
        const at = c.at % sealed.length
        if (what === 'flip') sealed[at] = (sealed[at] as number) ^ c.by
        if (what === 'cut') sealed = sealed.subarray(0, at)
        if (what === 'lengthen') sealed = Buffer.concat([sealed, Uint8Array.of(c.by)])
        const memory = new MemoryBio({ bytes: sealed, readOnly: true })
        const options = hold ? { holdUntilVerified: 1000 } : {}
        const filter = new CipherFilter({ decrypt: opening() }, options).push(memory)
        t.is(filter.status, 'open')
        let given = 0
        for (;;) {
          const answer = take(filter, 11)
          if (answer instanceof Uint8Array) {
            given += answer.length
            continue
          }
          t.is(codeOf(answer), 'ERR_BIO_BAD_DECRYPT')
          t.truthy((answer as { error: Error }).error.cause)
          t.is(take(filter, 1), answer)
          break
        }
        t.is(filter.status, 'failed')
        t.false(filter.eof)
        t.true(given <= (hold ? 0 : Math.max(sealed.length - 16, 0)))
      },
    ),
    { numRuns: 150 },
  )
})

test('the tail is held until the true end from below, not until a wait', t => {
  const memory = new MemoryBio()
  const filter = new CipherFilter({ decrypt: createDecipheriv('aes-128-cbc', key, iv) }).push(
    memory,
  )
  const cipher = createCipheriv('aes-128-cbc', key, iv)
  memory.write(Buffer.concat([cipher.update(counted(20)), cipher.final()]))
  t.deepEqual(take(filter, 99), counted(16))
  t.deepEqual(take(filter, 99), retryRead)
  t.is(filter.status, 'open')
  memory.end()
  t.false(filter.eof, 'four bytes are still to come')
  t.deepEqual(take(filter, 99), counted(4, 16))
  t.deepEqual(take(filter, 99), eof)
  t.true(filter.eof)
  t.is(filter.status, 'ok')
})

test('flush emits the final block once, after waits too; then writing is over until other ciphers come', t => {
  const [a, b] = bioPair(5)
  const filter = new CipherFilter({ encrypt: createCipheriv('aes-128-cbc', key, iv) }).push(a)
  t.is(filter.write(counted(3)), 3)
  t.is(filter.wpending, 3)
  const got: Uint8Array[] = []
  for (let i = 0; filter.flush() !== 'done'; i++) {
    t.true(i < 9)
    t.is(codeOf(filter.write(counted(1))), 'ERR_BIO_BROKEN_PIPE')
    got.push(take(b, 9) as Uint8Array)
  }
  t.is(filter.flush(), 'done')
  got.push(take(b, 9) as Uint8Array)
  t.is(Buffer.concat(got).length, 16)
  t.is(filter.status, 'ok')
  filter.renew({ encrypt: createCipheriv('aes-128-ctr', key, iv) })
  t.is(filter.status, 'open')
  t.is(filter.write(counted(5)), 5)
  t.is(filter.write(counted(3)), 3)
  t.deepEqual(filter.write(counted(3)), retryWrite)
  take(b, 5)
  t.is(filter.end(), 'done')
  t.is((take(b, 5) as Uint8Array).length, 3)
  t.deepEqual(take(b, 5), eof)
})

test('a direction without a cipher is refused, never passed on in the clear', t => {
  const [a, b] = bioPair()
  b.write(counted(5))
  const writing = new CipherFilter({ encrypt: sealing() }).push(a)
  t.is(codeOf(take(writing, 5)), 'ERR_BIO_UNSUPPORTED_METHOD')
  writing.pop()
  const reading = new CipherFilter({ decrypt: opening() }).push(a)
  t.is(codeOf(reading.write(counted(5))), 'ERR_BIO_UNSUPPORTED_METHOD')
  t.is(reading.flush(), 'done')
  t.is(b.pending, 0)
})

test('a cipher that throws while it enciphers is broken with its cause, and the peer sees no clean end', t => {
  const [a, b] = bioPair()
  const wrong: StreamCipher = {
    update: () => {
      throw new Error('no')
    },
    final: () => new Uint8Array(0),
  }
  const filter = new CipherFilter({ encrypt: wrong }).push(a)
  const answer = filter.write(counted(5))
  t.is(codeOf(answer), 'ERR_BIO_ENCRYPT_ERROR')
  t.is(((answer as { error: Error }).error.cause as Error).message, 'no')
  t.is(filter.status, 'failed')
  t.is(codeOf(filter.end()), 'ERR_BIO_ENCRYPT_ERROR')
  t.deepEqual(take(b, 1), retryRead)
  filter.close()
  t.is(codeOf(take(b, 1)), 'ERR_BIO_ENCRYPT_ERROR')
})

test('more than may be held until it is verified is broken, and none of it is given', t => {
  const memory = new MemoryBio({
    bytes: coded(() => new CipherFilter({ encrypt: sealing() }), [counted(50)]),
    readOnly: true,
  })
  const filter = new CipherFilter({ decrypt: opening() }, { holdUntilVerified: 49 }).push(memory)
  const answer = take(filter, 9)
  t.is(codeOf(answer), 'ERR_BIO_BAD_DECRYPT')
  t.regex((answer as { error: Error }).error.message, /within 49 bytes/)
})

test('what is no cipher, and a limit that is none, are refused at once', t => {
  const expected = { instanceOf: TypeError, code: 'ERR_BIO_INVALID_ARGUMENT' }
  for (const wrong of [{}, null, { update: () => counted(1) }])
    t.throws(() => new CipherFilter({ encrypt: wrong as unknown as StreamCipher }), expected)
  t.throws(() => new CipherFilter({}, { holdUntilVerified: 0 }), { instanceOf: RangeError })
})

test('a cipher that gives no bytes is broken, with the reason', t => {
  for (const gives of ['text', undefined]) {
    const cipher = { update: () => gives, final: () => gives } as unknown as StreamCipher
    const filter = new CipherFilter({ encrypt: cipher, decrypt: cipher }).push(
      new MemoryBio({ bytes: counted(3) }),
    )
    t.is(codeOf(take(filter, 1)), 'ERR_BIO_BAD_DECRYPT')
    t.is(filter.status, 'failed')
    const writer = new CipherFilter({ encrypt: cipher }).push(new MemoryBio())
    t.is(codeOf(writer.write(counted(1))), 'ERR_BIO_ENCRYPT_ERROR')
  }
})
