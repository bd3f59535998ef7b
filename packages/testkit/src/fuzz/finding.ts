/** `Finding`: what a fuzz target throws where one of its laws is broken. */

/** A law that input has broken. `law` is stable and names it; what is found under one name counts as one. */
export class Finding extends Error {
  override readonly name = 'Finding'
  readonly law: string

  constructor(law: string, why: string, cause?: unknown) {
    super(`${law}: ${why}`, cause === undefined ? undefined : { cause })
    this.law = law
  }
}

/** Throws a `Finding` unless the law holds. */
export function law(name: string, holds: boolean, why: () => string): void {
  if (!holds) throw new Finding(name, why())
}

/** Runs what may throw only what `allowed` knows; answers its value, or what was thrown. */
export function onlyThrows<T>(
  name: string,
  allowed: (error: unknown) => boolean,
  work: () => T,
): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: work() }
  } catch (error) {
    if (error instanceof Finding) throw error
    if (allowed(error)) return { error }
    throw new Finding(name, `${error instanceof Error ? error.stack : error} was thrown`, error)
  }
}

/** What tells findings apart: the law, or the kind of error and where it was thrown. */
export function findingKey(error: unknown): string {
  const cause = error instanceof Finding ? error.cause : error
  const law = error instanceof Finding ? error.law : 'threw'
  if (!(cause instanceof Error)) return cause === undefined ? law : `${law} ${cause}`
  const frame = cause.stack?.split('\n').find(line => /^\s+at /.test(line)) ?? ''
  const place = frame.replace(/^.*\/(?=packages\/|node_modules\/)/, '').replace(/^\s+at /, '')
  return `${law} ${cause.name} ${place.replace(/[()]/g, '').trim()}`
}
