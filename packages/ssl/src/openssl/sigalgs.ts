/** Lists of signature schemes as SSL_CTX_set1_sigalgs_list(3) takes them: RFC 9846's names, or a kind of key and a hash. */

/** OpenSSL's names of kinds of keys, and the schemes with each hash; the first of a pair is what OpenSSL takes it for. */
const schemes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ECDSA: {
    SHA256: 'ecdsa_secp256r1_sha256',
    SHA384: 'ecdsa_secp384r1_sha384',
    SHA512: 'ecdsa_secp521r1_sha512',
  },
  RSA: { SHA256: 'rsa_pkcs1_sha256', SHA384: 'rsa_pkcs1_sha384', SHA512: 'rsa_pkcs1_sha512' },
  'RSA-PSS': {
    SHA256: 'rsa_pss_rsae_sha256',
    SHA384: 'rsa_pss_rsae_sha384',
    SHA512: 'rsa_pss_rsae_sha512',
  },
}

/** The same list in RFC 9846's names. What is neither stays, to be refused by its own name. */
export function schemesFrom(list: string): string {
  return list
    .split(':')
    .map(name => {
      const [kind = '', hash = '', ...more] = name.split('+')
      if (more.length > 0) return name
      const row = schemes[kind === 'PSS' ? 'RSA-PSS' : kind]
      return (row && Object.hasOwn(row, hash) && row[hash]) || name
    })
    .join(':')
}
