/** What was known about revocation, as bytes, for a connection that moves: standing and times, and no doubts, which only explained. */
import { type Decoded, struct, uint8, vector } from '@biopair/wire'
import type { RevocationSource, RevocationStatus } from '@biopair/x509'
import { check, maybe, text, units, words } from './moving-text.ts'

const time = maybe(words, 2 ** 16 - 1)

const MovingStatus = struct({
  status: uint8,
  /** From 1; 0 for none. */
  by: uint8,
  this_update: time,
  next_update: time,
})
/** By depth. */
export const MovingRevocation = maybe(vector(MovingStatus, 0, 2 ** 16 - 1), 2 ** 16 + 1)
type MovingRevocation = Decoded<typeof MovingRevocation>

const statuses: readonly RevocationStatus['status'][] = [
  'not_checked',
  'good',
  'unknown',
  'revoked',
]
const sources: readonly RevocationSource[] = ['crl', 'ocsp', 'stapled', 'session']

export function writeRevocation(report: readonly RevocationStatus[] | undefined): MovingRevocation {
  if (!report) return []
  const written = (at: number | undefined) => (at === undefined ? [] : [units(String(at))])
  return [
    report.map(({ status, by, thisUpdate, nextUpdate }) => ({
      status: statuses.indexOf(status),
      by: by ? sources.indexOf(by) + 1 : 0,
      this_update: written(thisUpdate),
      next_update: written(nextUpdate),
    })),
  ]
}

/** Throws for what `writeRevocation` cannot have answered. */
export function readRevocation([report, another]: MovingRevocation):
  | readonly RevocationStatus[]
  | undefined {
  check(another === undefined)
  return report?.map(({ by: source, ...rest }, depth) => {
    const status = statuses[rest.status]
    const by = sources[source - 1]
    check(status !== undefined && (source === 0 || by !== undefined))
    const thisUpdate = readTime(rest.this_update)
    const nextUpdate = readTime(rest.next_update)
    return {
      ...{ depth, status, doubts: [] },
      ...(by === undefined ? {} : { by }),
      ...(thisUpdate === undefined ? {} : { thisUpdate }),
      ...(nextUpdate === undefined ? {} : { nextUpdate }),
    }
  })
}

function readTime([written, another]: Decoded<typeof time>): number | undefined {
  if (written === undefined) return undefined
  const at = Number(text(written))
  check(another === undefined && Number.isSafeInteger(at))
  return at
}
