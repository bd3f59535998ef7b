/** The list of SSL_CTX_set_cipher_list(3), of suites of TLS 1.2 (openssl-ciphers(1)). */
import { type CipherSuite12, cipherSuites12, pskCipherSuites12 } from '@biopair/crypto'
import { misuse } from '../misuse.ts'

const all = [...Object.values(cipherSuites12), ...Object.values(pskCipherSuites12)]
const aes = ({ aead }: CipherSuite12) => aead !== 'chacha20-poly1305'
const any = () => true

/** Words that stand for several suites, of those that a suite here can be. */
const words: Readonly<Record<string, (suite: CipherSuite12) => boolean>> = {
  ...{ ALL: any, DEFAULT: any, HIGH: any, 'TLSv1.2': any },
  ...{ ECDHE: any, EECDH: any, kECDHE: any, kEECDH: any },
  ...{ AES: aes, AESGCM: aes, CHACHA20: suite => !aes(suite) },
  AES128: ({ aead }) => aead === 'aes-128-gcm',
  AES256: ({ aead }) => aead === 'aes-256-gcm',
  aRSA: ({ auth }) => auth === 'rsa',
  ...{ aECDSA: ({ auth }) => auth === 'ecdsa', ECDSA: ({ auth }) => auth === 'ecdsa' },
  ...{ PSK: ({ auth }) => auth === 'psk', aPSK: ({ auth }) => auth === 'psk' },
  kECDHEPSK: ({ auth }) => auth === 'psk',
  SHA256: ({ hash }) => hash === 'sha256',
  SHA384: ({ hash }) => hash === 'sha384',
}

/**
 * The suites of a list, most preferred first: names, words, `A+B` for both; `-` takes away, `!` for good, `+` puts behind the others. TypeError for a suite
 * or a word that there is none of, where OpenSSL passes it over; but what is taken away need not be there.
 */
export function cipherListFrom(list: string): readonly CipherSuite12[] {
  let chosen: CipherSuite12[] = []
  const never = new Set<CipherSuite12>()
  for (const item of list.split(/[:, ]+/).filter(item => item !== '')) {
    if (item.startsWith('@')) {
      chosen = ordered(item, chosen)
      continue
    }
    const sign = /^[-!+]/.exec(item)?.[0]
    const meant = matching(sign ? item.slice(1) : item, sign !== undefined)
    if (sign === '!') for (const suite of meant) never.add(suite)
    if (sign === '+')
      chosen = [...chosen.filter(s => !meant.includes(s)), ...chosen.filter(s => meant.includes(s))]
    else if (sign) chosen = chosen.filter(suite => !meant.includes(suite))
    else chosen.push(...meant.filter(suite => !chosen.includes(suite) && !never.has(suite)))
  }
  if (chosen.length > 0) return chosen
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `cipher list: expected at least one suite of TLS 1.2, ${list} leaves none`,
  )
}

function matching(item: string, lenient: boolean): readonly CipherSuite12[] {
  const named = all.filter(({ name, alias }) => item === name || item === alias)
  if (named.length > 0) return named
  const tests = item.split('+').map(word => (Object.hasOwn(words, word) ? words[word] : undefined))
  const known = tests.every(test => test !== undefined)
  if (known) return all.filter(suite => tests.every(test => test?.(suite)))
  if (lenient) return []
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `cipher list: expected some of ${all.map(({ alias }) => alias).join(', ')}, or ${Object.keys(words).join(', ')}; got ${item}${item.startsWith('TLS_AES') || item.startsWith('TLS_CHACHA20') ? ', which is for SSL_CTX_set_ciphersuites' : ''}`,
  )
}

/** `@STRENGTH` puts 256 bits before 128. All that there is goes with security levels up to 2, so that these say nothing. */
function ordered(item: string, chosen: CipherSuite12[]): CipherSuite12[] {
  const short = ({ aead }: CipherSuite12) => aead === 'aes-128-gcm'
  if (item === '@STRENGTH') return [...chosen.filter(s => !short(s)), ...chosen.filter(short)]
  if (/^@SECLEVEL=[0-2]$/.test(item)) return chosen
  throw misuse(
    'ERR_INVALID_ARG_VALUE',
    `cipher list: expected @STRENGTH or @SECLEVEL=0 to 2, got ${item}`,
  )
}
