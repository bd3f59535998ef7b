/** ClientHello policies, any. */
import { type GreasePlace, greasePlaces, orderedExtensions } from '@biopair/handshake'
import type { ClientHelloPolicy } from '@biopair/ssl'
import fc from 'fast-check'

export const everyPlace: readonly GreasePlace[] = greasePlaces

type Named = Exclude<NonNullable<ClientHelloPolicy['order']>, 'shuffled'>[number]

export const anyPolicy: fc.Arbitrary<ClientHelloPolicy> = fc.record(
  {
    order: fc.oneof(
      fc.constant('shuffled' as const),
      fc.shuffledSubarray([...(orderedExtensions as readonly Named[])]),
    ),
    grease: fc.oneof(fc.boolean(), fc.subarray([...everyPlace])),
    padding: fc.oneof(
      fc.integer({ min: 1, max: 3000 }),
      fc.nat(2000).map(total => () => total),
    ),
  },
  { requiredKeys: [] },
)
