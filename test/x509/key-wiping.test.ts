/** What lies between an encrypted key and its material is zero afterwards. A file of its own, since it looks over every Uint8Array's shoulder. */
import { pbkdf2Sync } from 'node:crypto'
import { privateKeyFrom } from '@biopair/x509'
import { loadPfx } from '@biopair/x509/pki'
import test from 'ava'
import { pem } from '../support/der-writer.ts'
import { encryptedKey } from '../support/encrypted-key-writer.ts'
import { chainFor } from '../support/mint.ts'
import {
  certBag,
  clearPart,
  encryptedPart,
  keyBag,
  pfx,
  shroudedBag,
} from '../support/pfx-writer.ts'

const { leaf } = chainFor('p256')
const passphrase = 'a passphrase of twenty'
const d = (material: object) => Buffer.from((material as { d: Uint8Array }).d)
const secrets = [
  d(privateKeyFrom(leaf.keyDer)),
  Buffer.from(passphrase),
  pbkdf2Sync(passphrase, new Uint8Array(8).fill(5), 1, 32, 'sha256'),
]

/** Every Uint8Array that comes to be meanwhile. */
async function arraysOf(run: () => unknown): Promise<readonly Uint8Array[]> {
  const made: Uint8Array[] = []
  const plain = globalThis.Uint8Array
  const { slice } = plain.prototype
  globalThis.Uint8Array = new Proxy(plain, {
    construct(target, args, asked) {
      const array = Reflect.construct(target, args, asked) as Uint8Array
      made.push(array)
      return array
    },
  })
  plain.prototype.slice = function (...range) {
    const array = slice.apply(this, range)
    made.push(array)
    return array
  }
  try {
    await run()
  } finally {
    globalThis.Uint8Array = plain
    plain.prototype.slice = slice
  }
  return made
}

const holds = (array: Uint8Array) => secrets.some(secret => Buffer.from(array).includes(secret))

test.serial('of an encrypted key nothing is left but what is answered', async t => {
  const file = encryptedKey(leaf.keyDer, { passphrase })
  for (const input of [file, pem('ENCRYPTED PRIVATE KEY', file)]) {
    let answer: object = {}
    const made = await arraysOf(() => {
      answer = privateKeyFrom(input, { passphrase })
    })
    t.true(made.length > 10)
    t.deepEqual(d(answer), secrets[0])
    const left = made.filter(holds)
    t.deepEqual(
      left.map(({ length }) => length),
      [32],
      'd itself',
    )
  }
})

test.serial(
  'of a wrong passphrase, or of the right one around what is no key, nothing is left',
  async t => {
    const inside = Uint8Array.from([...(secrets[0] as Buffer)])
    const file = encryptedKey(inside, { passphrase })
    const made = await arraysOf(() => t.throws(() => privateKeyFrom(file, { passphrase })))
    t.deepEqual(made.filter(holds), [])
  },
)

test.serial('of a key in PKCS#12 nothing of ours is left but what is answered', async t => {
  const file = pfx(
    { passphrase },
    clearPart(shroudedBag(leaf.keyDer, { passphrase }), certBag(leaf.der)),
  )
  let key: unknown
  const made = await arraysOf(async () => {
    key = (await loadPfx(file, passphrase)).key
  })
  const [scalar] = secrets as [Buffer]
  const left = made.filter(array => Buffer.from(array).includes(scalar))
  t.deepEqual(left, [key])
})

test.serial(
  'of the passphrase of PKCS#12 no copy is left, the one for the MAC included',
  async t => {
    const part = encryptedPart({ passphrase }, keyBag(leaf.keyDer), certBag(leaf.der))
    const file = pfx({ passphrase }, part)
    const made = await arraysOf(() => loadPfx(file, passphrase))
    t.true(made.length > 10)
    t.deepEqual(
      made.filter(array => Buffer.from(array).includes(secrets[1] as Buffer)),
      [],
    )
  },
)
