//! One connection over a socket: its handshake, its lines, its end, and what is known of it.
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use rustls::Connection;

pub type Failure = Box<dyn std::error::Error>;

pub fn shake(tls: &mut Connection, socket: &mut TcpStream) -> Result<(), Failure> {
    while tls.is_handshaking() {
        tls.complete_io(socket)?;
    }
    Ok(())
}

pub fn write(tls: &mut Connection, bytes: &[u8]) -> Result<(), Failure> {
    Ok(tls.writer().write_all(bytes)?)
}

/// A byte; none at an end that was announced.
fn byte(tls: &mut Connection, socket: &mut TcpStream) -> Result<Option<u8>, Failure> {
    let mut one = [0];
    loop {
        match tls.reader().read(&mut one) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(one[0])),
            Err(wait) if wait.kind() == ErrorKind::WouldBlock => tls.complete_io(socket)?,
            Err(error) => return Err(error.into()),
        };
    }
}

/// A line, its end left out; none at the end.
pub fn line(tls: &mut Connection, socket: &mut TcpStream) -> Result<Option<String>, Failure> {
    let mut text = String::new();
    while let Some(next) = byte(tls, socket)? {
        if next == b'\n' {
            return Ok(Some(text));
        }
        text.push(next as char);
    }
    Ok(None)
}

/// How the other side ends.
pub fn rest(tls: &mut Connection, socket: &mut TcpStream) -> Result<&'static str, Failure> {
    while byte(tls, socket)?.is_some() {}
    flush(tls, socket)?;
    Ok("closed")
}

/// Ends this side, the other has ended.
pub fn goodbye(tls: &mut Connection, socket: &mut TcpStream) -> Result<&'static str, Failure> {
    tls.send_close_notify();
    flush(tls, socket)?;
    Ok("closed")
}

fn flush(tls: &mut Connection, socket: &mut TcpStream) -> Result<(), Failure> {
    while tls.wants_write() {
        tls.write_tls(socket)?;
    }
    Ok(())
}

/// What was agreed on, as JSON.
pub fn facts(tls: &mut Connection) -> Result<String, Failure> {
    let mut early = Vec::new();
    let mut accepted = false;
    let mut name = None;
    match tls {
        Connection::Server(server) => {
            name = server.server_name().map(String::from);
            if let Some(mut data) = server.early_data() {
                accepted = true;
                data.read_to_end(&mut early)?;
            }
        }
        Connection::Client(client) => accepted = client.is_early_data_accepted(),
    }
    let exporter = tls.export_keying_material([0; 32], b"EXPORTER-interop", Some(b"both"))?;
    let certificates = tls.peer_certificates().unwrap_or_default();
    let suite = tls.negotiated_cipher_suite().map(|row| row.suite());
    let group = tls.negotiated_key_exchange_group().map(|row| row.name());
    let fields = [
        ("kind", quoted(tls.handshake_kind())),
        ("suite", quoted(suite)),
        ("group", quoted(group)),
        (
            "alpn",
            format!(
                "{:?}",
                String::from_utf8_lossy(tls.alpn_protocol().unwrap_or_default())
            ),
        ),
        ("name", format!("{:?}", name.unwrap_or_default())),
        ("certificates", certificates.len().to_string()),
        (
            "leaf",
            hex(certificates.first().map_or(&[], |leaf| leaf.as_ref())),
        ),
        ("exporter", hex(&exporter)),
        ("accepted", accepted.to_string()),
        ("early", format!("{:?}", String::from_utf8_lossy(&early))),
    ];
    let members = fields.map(|(name, value)| format!("\"{name}\":{value}"));
    Ok(format!("{{{}}}", members.join(",")))
}

fn quoted<T: std::fmt::Debug>(value: Option<T>) -> String {
    value.map_or("null".into(), |some| format!("\"{some:?}\""))
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}
