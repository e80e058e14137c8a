//! A small HTTP client: GET over one connection that is kept open.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any wait of these programs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection to the server's HTTP port.
pub(crate) struct Client {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

/// What the server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; anything but 200 with JSON ends the program.
    pub(crate) fn json(&self, asked: &str) -> serde_json::Value {
        assert_eq!(self.status, 200, "{asked}: {}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{asked}: {e}"))
    }
}

impl Client {
    /// To `127.0.0.1:PORT`; connects with the first request.
    pub(crate) fn new(address: String) -> Client {
        Client { address, stream: None }
    }

    /// Connects, so that the next request need not.
    pub(crate) fn connect(&mut self) -> std::io::Result<&mut BufReader<TcpStream>> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            self.stream = Some(BufReader::with_capacity(64 * 1024, stream));
        }
        self.stream.as_mut().ok_or_else(|| Error::from(ErrorKind::NotConnected))
    }

    /// Asks; connects anew when the server has closed the connection since.
    pub(crate) fn get(&mut self, path: &str) -> std::io::Result<Answer> {
        let kept = self.stream.is_some();
        let answer = self.ask(path);
        match answer {
            Err(_) if kept => {
                self.stream = None;
                self.ask(path)
            }
            answer => answer,
        }
    }

    fn ask(&mut self, path: &str) -> std::io::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        let stream = self.connect()?;
        stream.get_mut().write_all(request.as_bytes())?;
        let (answer, keep) = read(stream)?;
        if !keep {
            self.stream = None;
        }
        Ok(answer)
    }
}

/// Reads an answer; false when the connection cannot be used again.
fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<(Answer, bool)> {
    let status = line(stream)?;
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| Error::from(ErrorKind::InvalidData))?;
    let (mut length, mut chunked, mut keep) = (None, false, true);
    loop {
        let header = line(stream)?.to_ascii_lowercase();
        match header.split_once(':').map(|(name, value)| (name, value.trim())) {
            None => break,
            Some(("content-length", value)) => length = value.parse::<usize>().ok(),
            Some(("transfer-encoding", value)) => chunked = value == "chunked",
            Some(("connection", value)) => keep = value != "close",
            Some(_) => {}
        }
    }
    let mut body = Vec::new();
    match length {
        _ if chunked => read_chunks(stream, &mut body)?,
        Some(length) => {
            body.resize(length, 0);
            stream.read_exact(&mut body)?;
        }
        None => {
            stream.read_to_end(&mut body)?;
            keep = false;
        }
    }
    Ok((Answer { status, body }, keep))
}

fn read_chunks(stream: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> std::io::Result<()> {
    loop {
        let size = line(stream)?;
        let size = usize::from_str_radix(&size, 16).map_err(|e| Error::new(ErrorKind::InvalidData, e))?;
        let from = body.len();
        body.resize(from + size, 0);
        stream.read_exact(&mut body[from..])?;
        line(stream)?;
        if size == 0 {
            return Ok(());
        }
    }
}

/// A line without its end.
fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
