/** The `clientHello` option, checked: a policy that cannot be kept is told where it is made. */
import {
  type ClientHelloPolicy,
  type GreasePlace,
  greasePlaces,
  orderedExtensions,
} from '@biopair/handshake'
import { misuse } from './misuse.ts'
import { checkOptions, type OptionType } from './option-types.ts'

const types: Readonly<Record<keyof ClientHelloPolicy, OptionType>> = {
  order: 'string or list of strings',
  grease: 'boolean or list of strings',
  padding: 'whole number or function',
}

/** A copy that nobody changes later. TypeError for what cannot be. */
export function clientHelloFrom(
  policy: ClientHelloPolicy | undefined,
): ClientHelloPolicy | undefined {
  if (policy === undefined) return undefined
  checkOptions(policy, types, 'clientHello.')
  const { order, grease, padding } = policy
  if (typeof order === 'string' && order !== 'shuffled')
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `clientHello.order: expected shuffled or a list, got ${order}`,
    )
  if (typeof order === 'object') checkNames('order', order, orderedExtensions)
  if (typeof grease === 'object') checkNames('grease', grease, greasePlaces)
  if (typeof padding === 'number' && !(padding >= 1 && padding <= 16_384))
    throw misuse(
      'ERR_INVALID_ARG_VALUE',
      `clientHello.padding: expected a block of 1 to 16384 bytes or a function, got ${padding}`,
    )
  return {
    ...(order === undefined ? {} : { order: typeof order === 'string' ? order : [...order] }),
    ...(grease === undefined
      ? {}
      : { grease: typeof grease === 'boolean' ? grease : [...(grease as readonly GreasePlace[])] }),
    ...(padding === undefined ? {} : { padding }),
  }
}

function checkNames(option: string, names: readonly string[], known: readonly string[]): void {
  const wrong = names.find((name, i) => !known.includes(name) || names.indexOf(name) !== i)
  if (wrong === undefined) return
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `clientHello.${option}: expected each once of ${known.join(', ')}, got ${wrong}`,
  )
}
