//! A real S3 server for tests: moto's, from its Python package, on a free port of this machine.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use halescore::storage::Storage;

/// Starts the server, makes the bucket `hale`, prints the port, and ends when nobody holds its input any more.
const SCRIPT: &str = "
import sys, boto3
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
boto3.client('s3', endpoint_url=f'http://127.0.0.1:{port}', region_name='us-east-1',
             aws_access_key_id='test', aws_secret_access_key='test').create_bucket(Bucket='hale')
print(port, flush=True)
sys.stdin.read()
server.stop()
";

/// The server, as long as the test binary runs.
pub struct S3Server {
    port: u16,
    // Its input is closed when this process ends, which ends the server.
    _process: Child,
}

/// The server, started once; `None`, with the reason printed, where there is no Python with moto. In CI that is a failure.
pub fn s3_server() -> Option<&'static S3Server> {
    static SERVER: OnceLock<Result<S3Server, String>> = OnceLock::new();
    match SERVER.get_or_init(start) {
        Ok(server) => Some(server),
        Err(reason) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
            panic!("no S3 server in CI: {reason}")
        }
        Err(reason) => {
            println!("skipped: no S3 server: {reason}");
            None
        }
    }
}

fn start() -> Result<S3Server, String> {
    let python = std::env::var("HALE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut process = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start {python}: {error}"))?;
    let output = process.stdout.take().ok_or("no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
    match line.trim().parse() {
        Ok(port) => Ok(S3Server { port, _process: process }),
        Err(_) => {
            Err(format!("{python} cannot run moto's server (set HALE_PYTHON to one with moto and boto3)"))
        }
    }
}

impl S3Server {
    /// What the environment would hold to use the server.
    pub fn options(&self) -> Vec<(String, String)> {
        let options = [
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-tests".to_owned()),
        ];
        options.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// A root in the server's bucket.
    pub fn storage(&self, folder: &str) -> Storage {
        Storage::open_with(&format!("s3://hale/{folder}"), Path::new("/"), self.options()).unwrap()
    }
}
