/** How a ClientHello looks, and what a server may make of that. */
import { bioPair } from '@biopair/bio'
import type { ServerHello } from '@biopair/handshake'
import { Ssl, SslContext } from '@biopair/ssl'
import test from 'ava'
import fc from 'fast-check'
import { clientOptions, ends, serverOptions } from '../support/ends.ts'
import { mint } from '../support/mint.ts'
import { standing } from './auth-support.ts'

/** Puts a cookie of so many bytes into a HelloRetryRequest. */
const withCookie =
  (length: number) =>
  <T>(name: string, message: T): T => {
    const { extensions } = message as ServerHello
    if (name !== 'ServerHello' || !extensions.some(({ extension_type }) => extension_type === 44))
      return message
    const extension_data = new Uint8Array(2 + length).fill(7)
    new DataView(extension_data.buffer).setUint16(0, length)
    return {
      ...message,
      extensions: extensions.map(one =>
        one.extension_type === 44 ? { extension_type: 44, extension_data } : one,
      ),
    }
  }

test('padding gives way to a cookie, however long: what a server sends is no fault of ours', t => {
  const seen = new Set<string>()
  const space = fc.record({
    padding: fc.constantFrom<number | ((length: number) => number)>(
      512,
      4096,
      16_384,
      length => length + 300,
      () => Number.POSITIVE_INFINITY,
    ),
    cookie: fc.oneof(fc.integer({ min: 65_000, max: 65_440 }), fc.integer({ min: 1, max: 65_440 })),
  })
  const property = fc.property(space, ({ padding, cookie }) => {
    const [near, far] = bioPair(200_000, 200_000)
    const client = new Ssl(new SslContext({ ...clientOptions, clientHello: { padding } }), {
      servername: 'server.example',
    })
    const server = new Ssl(
      new SslContext({
        ...serverOptions,
        cookie: 'always',
        edit: withCookie(cookie),
        limits: { maxHandshakeMessage: 70_000 },
      }),
    )
    client.setBio(near).setConnectState()
    server.setBio(far).setAcceptState()
    for (let i = 0; i < 4; i++) {
      client.doHandshake()
      server.doHandshake()
    }
    const ending = standing(client)
    seen.add(ending)
    t.regex(ending, /^(want_read|illegal_parameter BAD_EXTENSION)$/)
  })
  fc.assert(property, {
    numRuns: 60,
    examples: [[{ padding: length => length + 300, cookie: 65_100 }]],
  })
  t.is(seen.size, 2)
})

test('an identity that shows nothing, or several raw public keys, is a mistake of the callback, and never sent', t => {
  const { keyPem, spki, der } = mint({})
  for (const type of ['x509', 'rpk'] as const)
    for (const chain of type === 'rpk' ? [[], [spki, der]] : [[]]) {
      const { client, server } = ends({
        client: { serverCertTypes: [type], rawPublicKeys: spki },
        server: {
          serverCertTypes: [type],
          key: [],
          cert: [],
          ...(type === 'rpk' ? { rawKey: keyPem } : {}),
          certificateCallback: want => ({ chain, schemes: want.schemes, type }),
        },
      })
      for (let i = 0; i < 4; i++) {
        client.doHandshake()
        server.doHandshake()
      }
      t.is(standing(server), 'internal_error CALLBACK_FAILED')
      t.is(standing(client), 'internal_error TLSV1_ALERT_INTERNAL_ERROR')
    }
})
