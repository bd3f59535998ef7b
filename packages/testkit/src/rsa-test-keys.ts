/** RSA keys for tests, known to everybody: making one takes seconds without a library for it. Never to be believed. */

/** The primes and the public exponent of a key, hexadecimal: all of RFC 8017 §3.2 follows from them. */
export interface RsaPrimes {
  readonly e: number
  readonly p: string
  readonly q: string
}

/** The keys. `e3` has the exponent 3, with which a loose reader of PKCS#1 padding can be lied to; `small` has 1024 bits. */
export const rsaTestKeys = {
  first: {
    e: 65537,
    p:
      'c3e1856ed38d89798b6d52d351e41b5536a04f1e6f80867a899b66a6dc285965' +
      '64b56c4ad516c774d1cbd8e47968a0a11fd3aa77b4fdd255dded275923d54f6e' +
      '9cd881ea5c6a2f61a98f93137188257cb6424b2b56b8cc5f859c2a7ca2c00173' +
      '109b6de23ce76a79f059b8f5f212aca22fe63a7d516225d243dd7aed79a21ccf',
    q:
      'c353b56165b82259507768a35d6c6d0508c96b620b0b0a8b460484e894408199' +
      '3e10882ea77ccef159f34503e70403e988075ac8b202a3a56010c5e1159e44d3' +
      'cc6f8989823105b931002e92f04e53b3c056e3da899d0385fb99f1a125d0099f' +
      '442628277160e9234732356e67af696144b1f53a8b39ed3fefcf15e60146d00d',
  },
  second: {
    e: 65537,
    p:
      'f69aa8c23ebb68338eb671ef8562196c5189e9c0363c88eddeb5109e0002dd58' +
      '91f008e0cd9f8666e9e42cb45961f31e85c9ac00fa8a7fb57486085f4f3db6f1' +
      '36c7725900dcb60d2c304bca18a86ef044144cdbbf3a08b935fd39392cfcf776' +
      '2a2d195843a8769c1b37d1fe0b7249ce5245f5fa0ae11552f7fb0a407f999f25',
    q:
      'ef7c2a6f7b30c8b36069235f0e9fa85491a98631e4d756e98fed38a788ea5612' +
      '05fccc623a448371d7e8f2774ea74ee12818b4ddebb814a7c425c5b6122e35b8' +
      '5ad2ae55650f1e03cea247032d7d25aa1e01fe1cbf0b5c76a006f6537daac404' +
      '1b8ed25d28d1871e2c808b3e90b1ca73cd51ada092d3fa17a95b30d332bc76a3',
  },
  third: {
    e: 65537,
    p:
      'f614f3e315f3626475bc69b96ebd3847c7ac222c780da996d60c829a1c652fe7' +
      '22b6deb2360072329d90bb005507ab682e1924e268eb8ec19c1115cc41e32e15' +
      '27d158242ee29eaffa645e5f206cda4babad015fc6146b901ec6bfc3d49da6d1' +
      'cf2f99c4ac843b81c2dc385b466287f6af9aebba8e8c54f4554eba0fbbd349fb',
    q:
      'cf7e78fb11c0bea6ac80ab8fbaf23df0ed9a5e1773b2861fc41350faea1417eb' +
      '58e3fd3ffd57ad28bd9183c05eaf5ea38107d9cbc5a4a06ac9bf627201627e22' +
      '052bd2455991c1d67772d0ac57eb49cb9f5f926503f2964eeab61bc3ff24186f' +
      'fa1f5c2f904db82810eb5d984bfde1e9d863730c6295c691dc2835a4e11dc0e3',
  },
  e3: {
    e: 3,
    p:
      'de6b278f1cd8d34685843b7346db5abd03df2f97b1c38daeb00708fcefb468e4' +
      'd2a48e531ad4c34e7ee43ac5d92322b76a9ac3ccae114e8139d8c0c560624987' +
      '5e63febdd34cd96e099a60e2d1c82366e9f1e122d3c43ea5aec35bb3ba452fb0' +
      '3fb123e18d75d4f34fb97cbc3b42d45f91d01ea5dfbdf6a0b5894e209e88720d',
    q:
      'c89909dc1d94b72e70f3bf5741843b703f2d6a538f5b655138a80357425d10cf' +
      '8347371aaf7b5665d94a9891f6aaac61581f479301e2488eb40a0b891021ab84' +
      'a7e76d4299040421f43060ba95bd7f85f27907dfd426ac09298c18dad786ce6a' +
      'f29d75611156aff42a9439848cbb75b8ac3f74ff2da5abcccfec6ffe43e6f5bb',
  },
  small: {
    e: 65537,
    p:
      'e0cd57d407b740d9f96d4133d128eaa804bf231ba775879a4e8fb52e57bb26b4' +
      '58434ae75c1ef911dc8eb8779498e597d5971f5dce038bd8e6c9cc81be9c66df',
    q:
      'c4906c0c444462af17f6ca4d60105d9a189e23c0669116bf66b85428b71a116c' +
      '8ea67106df58a330bb447067b84b7d90449e6f9121e76b0e0cc406e235021f85',
  },
} as const satisfies Readonly<Record<string, RsaPrimes>>
