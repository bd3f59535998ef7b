/** The questions that OpenSSL asks of a path, in its order (SSL_CTX_set_verify(3), and what libcrypto does). */
import { type Check, checkOf, type Verdict, verifyErrorOf } from '@biopair/x509'
import type { VerifyContext } from '../verification.ts'
import { verifyResult } from './verify-result.ts'
import type { X509_STORE_CTX } from './x509-store-ctx.ts'

export type Refused = Verdict & { readonly ok: false }

/**
 * Each question is answered by whether to go on: 0 about a problem, 1 about a certificate that has passed. First the problems of the path as a whole; then every
 * certificate from the root down, its signature and its time before it has passed; then name constraints and policies. Ends with whether the path will do.
 */
export function* pathQuestions(
  x509_ctx: X509_STORE_CTX,
  first: Verdict,
  verdictExcept: VerifyContext['verdictExcept'],
): Generator<0 | 1, 0 | 1, boolean> {
  const { problems, path, fatal } = everything(first, verdictExcept)
  x509_ctx.chain = path.map(({ raw }) => raw)
  const look = (depth: number) => {
    x509_ctx.error_depth = depth
    x509_ctx.current_cert = x509_ctx.chain[depth] ?? null
  }
  function* about(
    problem: Refused,
    error = verifyResult(problem, x509_ctx.ssl.param),
  ): Generator<0 | 1, boolean, boolean> {
    x509_ctx.error = error
    look(problem.depth)
    return yield 0
  }

  const before = beforehand.flatMap(checks =>
    problems.filter(({ code }) => checks.includes(checkOf[code])).sort((a, b) => a.depth - b.depth),
  )
  // Of a certificate without an issuer OpenSSL says so first, and when it comes to its signature that it cannot be verified.
  const bare = problems.find(({ code }) => code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  for (const problem of before)
    if (!(yield* problem === bare ? about(problem, noIssuer) : about(problem))) return 0
  if (fatal) {
    yield* about(fatal)
    return 0
  }
  for (let depth = path.length - 1; depth >= 0; depth--) {
    if (bare?.depth === depth && !(yield* about(bare))) return 0
    for (const check of inPassing)
      for (const problem of problems)
        if (problem.depth === depth && checkOf[problem.code] === check)
          if (!(yield* about(problem))) return 0
    // Nobody has signed the last one that anybody knows: it does not pass.
    if (depth > 0 && problems.some(problem => problem.depth === depth && isOpen(problem))) continue
    look(depth)
    if (!(yield 1)) return 0
  }
  for (const problem of problems)
    if (afterwards.includes(checkOf[problem.code]) && !(yield* about(problem))) return 0
  return 1
}

const noIssuer = verifyErrorOf('UNABLE_TO_GET_ISSUER_CERT_LOCALLY').number

function isOpen({ code }: Refused): boolean {
  return code === 'UNABLE_TO_GET_ISSUER_CERT' || code === 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
}

const beforehand: readonly (readonly Check[])[] = [
  ['form', 'limits', 'trust'],
  ['extensions', 'profile', 'authority', 'purpose'],
  ['key'],
  ['name'],
  ['revocation', 'pins', 'rawKey'],
]
const inPassing: readonly Check[] = ['signature', 'validity']
const afterwards: readonly Check[] = ['nameConstraints', 'policy']

// A path is bounded, and so is what can be wrong with it; who sends one with more is not asked about.
const mostProblems = 32

/** All that is wrong, each once, with the path as it is when all of it is put up with; `fatal` is what cannot be. */
function everything(
  first: Verdict,
  verdictExcept: VerifyContext['verdictExcept'],
): { problems: readonly Refused[]; path: Verdict['path']; fatal: Refused | undefined } {
  const problems: Refused[] = []
  let verdict = first
  while (!verdict.ok) {
    const { code, depth, path } = verdict
    const again = problems.findIndex(one => one.code === code && one.depth === depth)
    // What cannot be put up with shows again.
    if (again >= 0 || problems.length === mostProblems)
      return { problems: problems.filter((_, i) => i !== again), path, fatal: verdict }
    problems.push(verdict)
    verdict = verdictExcept(problems)
  }
  return { problems, path: verdict.path, fatal: undefined }
}
