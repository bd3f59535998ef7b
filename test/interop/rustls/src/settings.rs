//! `name=value` words, and the configurations that they make.
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{
    AlwaysResolvesClientRawPublicKeys, ClientConfig, ResolvesClientCert, TicketRequest,
    WebPkiServerVerifier,
};
use rustls::compress::{
    CertCompressor, CertDecompressor, BROTLI_COMPRESSOR, BROTLI_DECOMPRESSOR, ZLIB_COMPRESSOR,
    ZLIB_DECOMPRESSOR,
};
use rustls::crypto::aws_lc_rs::{default_provider, kx_group::*, Ticketer, ALL_KX_GROUPS};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, SubjectPublicKeyInfoDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{
    AlwaysResolvesServerRawPublicKeys, NoClientAuth, ResolvesServerCert, ServerConfig,
    WebPkiClientVerifier,
};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::RootCertStore;

use crate::connection::Failure;
use crate::judge::{RawKey, Watching};

pub struct Settings(HashMap<String, String>);

type Compressions = (
    Vec<&'static dyn CertCompressor>,
    Vec<&'static dyn CertDecompressor>,
);

impl Settings {
    pub fn new(words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let pairs = words.map(|word| {
            let (name, value) = word
                .split_once('=')
                .ok_or(format!("{word} is not name=value"))?;
            Ok((name.to_string(), value.to_string()))
        });
        Ok(Self(pairs.collect::<Result<_, Failure>>()?))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn list(&self, name: &str) -> Vec<&str> {
        self.text(name)
            .map_or(vec![], |text| text.split(',').collect())
    }

    pub fn number(&self, name: &str) -> Result<Option<usize>, Failure> {
        Ok(self.text(name).map(str::parse).transpose()?)
    }

    pub fn server(&self) -> Result<Arc<ServerConfig>, Failure> {
        let provider = Arc::new(self.provider()?);
        let own = self.own(&provider)?.ok_or("a server needs a key")?;
        let resolver: Arc<dyn ResolvesServerCert> = match self.text("raw") {
            Some(_) => Arc::new(AlwaysResolvesServerRawPublicKeys::new(own)),
            None => Arc::new(SingleCertAndKey::from(own)),
        };
        let verifier: Arc<dyn ClientCertVerifier> = match (self.raw_key(&provider)?, self.roots()?)
        {
            (Some(raw), _) => Arc::new(raw),
            (None, Some(roots)) => {
                WebPkiClientVerifier::builder_with_provider(roots, provider.clone()).build()?
            }
            (None, None) => Arc::new(NoClientAuth),
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(resolver);
        config.alpn_protocols = self.alpn();
        config.max_fragment_size = self.number("fragment")?;
        (config.cert_compressors, config.cert_decompressors) = self.compression()?;
        config.max_early_data_size = self.number("early")?.unwrap_or(0).try_into()?;
        config.max_tls13_tickets = self.number("tickets")?.unwrap_or(0);
        config.send_half_rtt_data = self.text("half").is_some();
        if self.text("resume") == Some("tickets") {
            config.ticketer = Ticketer::new()?;
        }
        Ok(Arc::new(config))
    }

    pub fn client(&self) -> Result<Arc<ClientConfig>, Failure> {
        let provider = Arc::new(self.provider()?);
        let verifier: Arc<dyn ServerCertVerifier> = match (self.raw_key(&provider)?, self.roots()?)
        {
            (Some(raw), _) => Arc::new(raw),
            (None, Some(roots)) => Arc::new(Watching(
                WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build()?,
            )),
            (None, None) => return Err("a client needs roots, or a key to believe".into()),
        };
        let own = self.own(&provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some(own) => {
                let resolver: Arc<dyn ResolvesClientCert> = match self.text("raw") {
                    Some(_) => Arc::new(AlwaysResolvesClientRawPublicKeys::new(own)),
                    None => Arc::new(SingleCertAndKey::from(own)),
                };
                builder.with_client_cert_resolver(resolver)
            }
        };
        config.alpn_protocols = self.alpn();
        config.max_fragment_size = self.number("fragment")?;
        (config.cert_compressors, config.cert_decompressors) = self.compression()?;
        config.enable_early_data = self.text("early").is_some();
        if let [new, resumed] = self.list("tickets")[..] {
            config.send_ticket_request = Some(TicketRequest {
                new_session_count: new.parse()?,
                resumption_count: resumed.parse()?,
            });
        }
        Ok(Arc::new(config))
    }

    /// X25519MLKEM768 first, as our own default is, unless groups and suites are named.
    fn provider(&self) -> Result<CryptoProvider, Failure> {
        let mut provider = default_provider();
        let named = self.list("groups");
        let find = |name: &&str| {
            let mut all = ALL_KX_GROUPS.iter();
            all.find(|row| format!("{:?}", row.name()) == *name)
                .copied()
                .ok_or(format!("no group {name}"))
        };
        provider.kx_groups = match named.is_empty() {
            true => vec![X25519MLKEM768, X25519, SECP256R1, SECP384R1],
            false => named.iter().map(find).collect::<Result<_, _>>()?,
        };
        let suites = self.list("suites");
        if !suites.is_empty() {
            let there = |name: String| suites.contains(&name.as_str());
            provider
                .cipher_suites
                .retain(|row| there(format!("{:?}", row.suite())));
        }
        Ok(provider)
    }

    /// What it shows of itself: a chain, or its raw public key.
    fn own(&self, provider: &CryptoProvider) -> Result<Option<Arc<CertifiedKey>>, Failure> {
        let Some(file) = self.text("key") else {
            return Ok(None);
        };
        let key = PrivateKeyDer::from_pem_file(file)?;
        let Some(file) = self.text("cert") else {
            let key = provider.key_provider.load_private_key(key)?;
            let public = key.public_key().ok_or("a key without its public half")?;
            let shown = CertificateDer::from(public.to_vec());
            return Ok(Some(Arc::new(CertifiedKey::new(vec![shown], key))));
        };
        let chain = CertificateDer::pem_file_iter(file)?.collect::<Result<_, _>>()?;
        let mut own = CertifiedKey::from_der(chain, key, provider)?;
        own.ocsp = self.text("staple").map(fs::read).transpose()?;
        Ok(Some(Arc::new(own)))
    }

    fn raw_key(&self, provider: &CryptoProvider) -> Result<Option<RawKey>, Failure> {
        let Some(file) = self.text("believe") else {
            return Ok(None);
        };
        Ok(Some(RawKey {
            believed: SubjectPublicKeyInfoDer::from_pem_file(file)?,
            algorithms: provider.signature_verification_algorithms,
        }))
    }

    fn roots(&self) -> Result<Option<Arc<RootCertStore>>, Failure> {
        let Some(file) = self.text("ca") else {
            return Ok(None);
        };
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_file_iter(file)? {
            roots.add(root?)?;
        }
        Ok(Some(Arc::new(roots)))
    }

    fn alpn(&self) -> Vec<Vec<u8>> {
        self.list("alpn")
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect()
    }

    /// None, unless one is named.
    fn compression(&self) -> Result<Compressions, Failure> {
        let pairs = self.list("compress").into_iter().map(|name| match name {
            "brotli" => Ok((BROTLI_COMPRESSOR, BROTLI_DECOMPRESSOR)),
            "zlib" => Ok((ZLIB_COMPRESSOR, ZLIB_DECOMPRESSOR)),
            _ => Err(format!("no compression {name}")),
        });
        let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
        Ok(pairs.into_iter().unzip())
    }
}
