/** A verdict as bytes, for a connection that moves: what was found stays found. */
import {
  alerts,
  type Bytes,
  type Codec,
  type Decoded,
  opaque,
  struct,
  uint8,
  uint16,
  vector,
} from '@biopair/wire'
import {
  type Certificate,
  isX509Failure,
  parseCertificate,
  type Verdict,
  type VerifyCode,
  verifyCodes,
  verifyErrorOf,
} from '@biopair/x509'

/** Nothing or one: a list, so that an empty value differs from none. `most` is the bytes of one. */
export function maybe<T>(codec: Codec<T>, most: number): Codec<readonly T[]> {
  return vector(codec, 0, most)
}

/** Text in UTF-16 units, as JavaScript has it. */
export const words: Codec<readonly number[]> = vector(uint16, 0, 2 ** 16 - 2)
const longestWhy = 1000

/** A certificate. */
export const der: Codec<Bytes> = opaque(1, 2 ** 24 - 1)

export const MovingVerdict = struct({
  ok: uint8,
  path: vector(der, 0, 2 ** 24 - 1),
  name: maybe(words, 2 ** 16 - 1),
  /** Empty where it is ok, as what follows. */
  code: words,
  alert: words,
  depth: uint8,
  why: words,
  section: words,
})
export type MovingVerdict = Decoded<typeof MovingVerdict>

export function writeVerdict(verdict: Verdict): MovingVerdict {
  const path = verdict.path.map(({ raw }) => Uint8Array.from(raw))
  if (verdict.ok) {
    const name = verdict.name === undefined ? [] : [units(verdict.name)]
    return { ok: 1, path, name, code: [], alert: [], depth: 0, why: [], section: [] }
  }
  const { code, alert, depth, why, section } = verdict
  return {
    ...{ ok: 0, path, name: [], code: units(code), alert: units(alert), depth },
    ...{ why: units(why.slice(0, longestWhy)), section: units(section) },
  }
}

/** Throws for what `writeVerdict` cannot have answered. */
export function readVerdict({ ok, name, depth, ...rest }: MovingVerdict): Verdict {
  const path = rest.path.map(certificate)
  const [matched, second] = name.map(text)
  check(ok <= 1 && second === undefined)
  if (ok) return { ok: true, path, ...(matched === undefined ? {} : { name: matched }) }
  const code = text(rest.code) as VerifyCode
  const alert = text(rest.alert)
  check(Object.hasOwn(verifyCodes, code) && Object.hasOwn(alerts, alert))
  return {
    number: verifyErrorOf(code).number,
    ...{ ok: false, path, code, alert: alert as keyof typeof alerts, depth },
    ...{ why: text(rest.why), section: text(rest.section) },
  }
}

/** Throws unless it is so; whoever reads an export turns that into one refusal. */
export function check(right: boolean): asserts right {
  if (!right) throw new RangeError('no export that we have written says this')
}

export function units(characters: string): readonly number[] {
  return Array.from({ length: characters.length }, (_, i) => characters.charCodeAt(i))
}

export function text(characters: readonly number[]): string {
  return characters.map(unit => String.fromCharCode(unit)).join('')
}

function certificate(bytes: Uint8Array): Certificate {
  const parsed = parseCertificate(bytes)
  check(!isX509Failure(parsed))
  return parsed as Certificate
}
