/** A verdict as bytes, for a connection that moves: what was found stays found. */
import { type Bytes, type Codec, type Decoded, opaque, struct, uint8, vector } from '@biopair/wire'
import {
  type Certificate,
  isX509Failure,
  parseCertificate,
  type Verdict,
  type VerifyCode,
  verifyCodes,
  verifyErrorOf,
} from '@biopair/x509'
import { MovingRevocation, readRevocation, writeRevocation } from './moving-revocation.ts'
import { check, maybe, text, units, words } from './moving-text.ts'

const longestWhy = 1000

/** A certificate. */
export const der: Codec<Bytes> = opaque(1, 2 ** 24 - 1)

export const MovingVerdict = struct({
  ok: uint8,
  path: vector(der, 0, 2 ** 24 - 1),
  name: maybe(words, 2 ** 16 - 1),
  /** Empty where it is ok, as what follows. */
  code: words,
  depth: uint8,
  why: words,
  section: words,
  field: maybe(words, 2 ** 16 - 1),
  /** Certificate policies of a path that is believed: nothing, or what the authorities and what we find it valid for. */
  policies: maybe(vector(words, 0, 2 ** 24 - 1), 2 ** 24 - 1),
  revocation: MovingRevocation,
})
export type MovingVerdict = Decoded<typeof MovingVerdict>

export function writeVerdict(verdict: Verdict): MovingVerdict {
  const path = verdict.path.map(({ raw }) => Uint8Array.from(raw))
  if (verdict.ok) {
    const name = verdict.name === undefined ? [] : [units(verdict.name)]
    const { authorityConstrained, userConstrained } = verdict.policies ?? {}
    const policies = [authorityConstrained, userConstrained].flatMap(set =>
      set ? [set.map(units)] : [],
    )
    const revocation = writeRevocation(verdict.revocation)
    return {
      ...{ ok: 1, path, name, policies, revocation },
      ...{ code: [], depth: 0, why: [], section: [], field: [] },
    }
  }
  const { code, depth, why, section, field } = verdict
  return {
    ...{ ok: 0, path, name: [], code: units(code), depth },
    ...{ why: units(why.slice(0, longestWhy)), section: units(section) },
    field: field === undefined ? [] : [units(field)],
    policies: [],
    revocation: [],
  }
}

/** Throws for what `writeVerdict` cannot have answered. */
export function readVerdict({ ok, name, depth, ...rest }: MovingVerdict): Verdict {
  const path = rest.path.map(certificate)
  const [matched, second] = name.map(text)
  check(ok <= 1 && second === undefined)
  const [authorityConstrained, userConstrained, third] = rest.policies.map(set => set.map(text))
  check(third === undefined && !authorityConstrained === !userConstrained)
  const revocation = readRevocation(rest.revocation)
  check(!revocation || (ok === 1 && revocation.length === path.length))
  if (ok)
    return {
      ...{ ok: true, path },
      ...(authorityConstrained && userConstrained
        ? { policies: { authorityConstrained, userConstrained } }
        : {}),
      ...(matched === undefined ? {} : { name: matched }),
      ...(revocation ? { revocation } : {}),
    }
  const code = text(rest.code) as VerifyCode
  const [field, another] = rest.field.map(text)
  check(Object.hasOwn(verifyCodes, code) && another === undefined)
  return {
    ...{ ok: false, path, code, number: verifyErrorOf(code).number, depth },
    ...{ why: text(rest.why), section: text(rest.section) },
    ...(field === undefined ? {} : { field }),
  }
}

function certificate(bytes: Uint8Array): Certificate {
  const parsed = parseCertificate(bytes)
  check(!isX509Failure(parsed))
  return parsed as Certificate
}
