/** How long records may be by what two ends of TLS 1.2 say of them, in full handshakes and where a session goes on (RFC 8449 §4, RFC 6066 §4). */
import { cipherSuites12 } from '@biopair/crypto'
import { certificates } from '@biopair/handshake'
import test from 'ava'
import fc from 'fast-check'
import { type ConverseOptions, converse, type End } from '../support/converse.ts'

const older = { versions: ['TLSv1.2'] } as const
const suite = cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
const session = () =>
  ({
    ...{ masterSecret: new Uint8Array(48).fill(1), suite, chain: [], shown: certificates },
    ...{
      authenticatedBy: 'certificate' as const,
      id: Uint8Array.of(1),
      ticket: new Uint8Array(0),
      until: 1,
    },
  }) as const

const ways: Readonly<Record<string, ConverseOptions>> = {
  'a full handshake': {},
  'a session': {
    client: { session12: session() },
    server: { sessions12: { issues: false, by: 'id', keep: () => {} } },
    serverAnswers: { session },
  },
}

/** What was said of records, without the content type that an output counts in. */
const limited = ({ lines }: End): string[] =>
  lines
    .filter(line => line.startsWith('limit'))
    .map(line => line.replace(/\d+/, limit => `${Number(limit) - 1}`))

/** Undefined says nothing; 64 to 2^14 + 1, of which TLS 1.2 has 2^14 at most. */
const said = fc.option(
  fc.oneof(fc.constantFrom(64, 16_384, 16_385), fc.integer({ min: 64, max: 16_385 })),
  {
    nil: undefined,
  },
)

for (const [way, options] of Object.entries(ways)) {
  test(`RFC 8449 4: each is held to what the other said, where both spoke: ${way}`, t => {
    fc.assert(
      fc.property(said, said, (ours, theirs) => {
        const { client, server } = converse({
          ...options,
          client: { ...older, ...options.client, recordSizeLimit: ours },
          server: { ...older, ...options.server, recordSizeLimit: theirs },
        })
        const most = (limit: number) => Math.min(limit, 16_384)
        const both = ours !== undefined && theirs !== undefined
        t.deepEqual(
          limited(client),
          both
            ? [`limit write ${most(theirs)} protected`, `limit read ${most(ours)} protected`]
            : [],
        )
        t.deepEqual(
          limited(server),
          both
            ? [`limit write ${most(ours)} protected`, `limit read ${most(theirs)} protected`]
            : [],
        )
      }),
      {
        numRuns: 20,
        examples: [
          [64, undefined],
          [undefined, 64],
          [64, 16_385],
          [16_385, 64],
        ],
      },
    )
  })

  for (const maxFragmentLength of [512, 1024, 2048, 4096] as const)
    test(`RFC 6066 4: both are held to ${maxFragmentLength}, those in the clear too: ${way}`, t => {
      const { client, server } = converse({
        ...options,
        client: { ...older, ...options.client, maxFragmentLength },
        server: { ...older, ...options.server },
      })
      for (const end of [client, server])
        t.deepEqual(limited(end), [
          `limit write ${maxFragmentLength} protected`,
          `limit read ${maxFragmentLength} all`,
        ])
    })
}
