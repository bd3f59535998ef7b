//! A peer over rustls: `server name=value...` on a free port, `client ports=1,2 name=value...`.
//!
//! Both take `cert` and `key` (PEM files), `ca` (roots; a server that has them wants a client certificate), `alpn`, `groups`, `suites`,
//! `compress` (of certificates), `fragment` (bytes), and raw keys in the place of certificates: `raw=yes` shows its own, `believe` is the
//! file with the one of the other end. A server takes `count` connections, with `staple`, `resume=tickets`, `early` and `tickets` (at the most),
//! `half` (what it says before it has heard the client's Finished). A client has `say`, `early` (what to say) and `tickets` (how many to ask for).
//!
//! Each says of every connection `FACTS {...}`, and at last `END closed`, `END dropped` or `FAILED why`, a truncation too; a server `PORT n` first.
//! A server echoes lines, of which `keys`, `close` and `drop` mean something; a client says the lines of `say` and prints the answers, but
//! for `!keys` and `!drop`, and `!read`, for a line unasked.
mod connection;
mod judge;
mod settings;

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use rustls::{ClientConnection, Connection, ServerConnection};

use connection::{facts, goodbye, line, rest, shake, write, Failure};
use settings::Settings;

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let role = words.next();
    let settings = Settings::new(words)?;
    match role.as_deref() {
        Some("server") => serve(&settings)?,
        Some("client") => connect(&settings)?,
        _ => return Err("expected server or client".into()),
    }
    Ok(())
}

fn serve(settings: &Settings) -> Result<(), Failure> {
    let config = settings.server()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("PORT {}", listener.local_addr()?.port());
    for _ in 0..settings.number("count")?.unwrap_or(1) {
        let (mut socket, _) = listener.accept()?;
        let mut tls = Connection::from(ServerConnection::new(config.clone())?);
        match answer(settings, &mut tls, &mut socket) {
            Ok(end) => println!("END {end}"),
            Err(failure) => println!("FAILED {failure}"),
        }
    }
    Ok(())
}

fn answer(
    settings: &Settings,
    tls: &mut Connection,
    socket: &mut TcpStream,
) -> Result<&'static str, Failure> {
    if let Some(text) = settings.text("half") {
        write(tls, format!("{text}\n").as_bytes())?;
    }
    shake(tls, socket)?;
    println!("FACTS {}", facts(tls)?);
    while let Some(said) = line(tls, socket)? {
        match said.as_str() {
            "keys" => tls.refresh_traffic_keys()?,
            "drop" => return Ok("dropped"),
            "close" => tls.send_close_notify(),
            _ => {}
        }
        if said != "close" {
            write(tls, format!("{said}\n").as_bytes())?;
        }
    }
    goodbye(tls, socket)
}

fn connect(settings: &Settings) -> Result<(), Failure> {
    let config = settings.client()?;
    for port in settings.list("ports") {
        let mut socket = TcpStream::connect(format!("127.0.0.1:{port}"))?;
        let tls = ClientConnection::new(config.clone(), "server.example".try_into()?)?;
        match ask(settings, tls, &mut socket) {
            Ok(end) => println!("END {end}"),
            Err(failure) => println!("FAILED {failure}"),
        }
    }
    Ok(())
}

fn ask(
    settings: &Settings,
    mut tls: ClientConnection,
    socket: &mut TcpStream,
) -> Result<&'static str, Failure> {
    let early = settings.text("early").map(|text| format!("{text}\n"));
    let mut offered = false;
    if let (Some(text), Some(mut taker)) = (&early, tls.early_data()) {
        taker.write_all(text.as_bytes())?;
        offered = true;
    }
    let mut tls = Connection::from(tls);
    shake(&mut tls, socket)?;
    println!("FACTS {}", facts(&mut tls)?);
    if let (Some(text), true) = (&early, offered) {
        // What was refused is said again.
        if !matches!(&tls, Connection::Client(client) if client.is_early_data_accepted()) {
            write(&mut tls, text.as_bytes())?;
        }
        println!("EARLY {}", line(&mut tls, socket)?.unwrap_or_default());
    }
    for said in settings.list("say") {
        match said {
            "!keys" => {
                tls.refresh_traffic_keys()?;
                continue;
            }
            "!drop" => return Ok("dropped"),
            "!read" => {}
            _ => write(&mut tls, format!("{said}\n").as_bytes())?,
        }
        match line(&mut tls, socket)? {
            Some(text) => println!("LINE {text}"),
            None => break,
        }
    }
    if let Connection::Client(client) = &tls {
        println!("TICKETS {}", client.tls13_tickets_received());
    }
    tls.send_close_notify();
    rest(&mut tls, socket)
}
