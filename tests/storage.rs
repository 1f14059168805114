//! Roots on local disk and in an object store: what can be opened, what can be reached, what is said when not.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use halescore::error::Error;
use halescore::storage::Storage;
use proptest::prelude::*;

use crate::s3_server::s3_server;

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Project(problems)) => problems.to_string(),
        other => panic!("expected a problem of the project, not {other:?}"),
    }
}

fn local(folder: &Path) -> Storage {
    Storage::open(folder.to_str().unwrap(), Path::new("/")).unwrap()
}

#[test]
fn a_path_is_taken_from_the_base_and_a_url_as_it_is() {
    let opened = |text: &str| Storage::open(text, Path::new("/project/here")).unwrap();
    assert_eq!(opened("out").shown(), "/project/here/out");
    assert_eq!(opened("../out/./x").shown(), "/project/out/x");
    assert_eq!(opened("/data").shown(), "/data");
    assert_eq!(opened("~/data").shown(), "/project/here/~/data");
    assert_eq!(opened("file:///data/a%20b").shown(), "/data/a b");
    assert_eq!(opened("gs://bucket/folder").shown(), "gs://bucket/folder");
    assert_eq!(opened("out").local_folder().as_deref(), Some(Path::new("/project/here/out")));
    assert_eq!(opened("gs://bucket/folder").local_folder(), None);
}

#[test]
fn a_location_that_is_none_is_refused_with_what_to_do() {
    let refused = |text: &str| refusal(Storage::open(text, Path::new("/")));
    assert!(refused("").contains("empty"));
    assert!(refused("s33://bucket").contains("did you mean `s3"), "{}", refused("s33://bucket"));
    assert!(refused("https://example.com/x").contains("known are a path, or a URL of"));
    assert!(refused("s3://bucket/folder?x=1").contains("%3F"));
}

#[test]
fn no_secret_is_ever_shown() {
    let told = refusal(Storage::open("s3://user:hunter2@bucket/x?sig=hunter2", Path::new("/")));
    assert!(!told.contains("hunter2"), "{told}");
    assert!(told.contains("environment"), "{told}");
    let options = [("AZURE_STORAGE_ACCOUNT_KEY".to_owned(), "hunter2 is no base64".to_owned())];
    let text = "abfss://container@account.dfs.core.windows.net/folder";
    let told = refusal(Storage::open_with(text, Path::new("/"), options));
    assert!(!told.contains("hunter2"), "{told}");
    assert!(told.contains("container@account"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_base_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let base = Path::new(std::ffi::OsStr::from_bytes(b"/data/\xff"));
    assert!(refusal(Storage::open("out", base)).contains("not UTF-8"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_whose_name_is_not_utf8_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"bad\xff.parquet")), b"x").unwrap();
    let told = refusal(local(folder.path()).list("").await);
    assert!(told.contains("UTF-8") && told.contains("bad"), "{told}");
}

#[tokio::test]
async fn paths_that_leave_the_root_are_refused_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), b"outside").unwrap();
    let storage = local(&folder.path().join("root"));
    for path in ["../secret", "/etc/passwd", "a/../../secret", "a//b", "a/", "./a", "a/.", "a\nb", "a\0b"] {
        for told in [
            refusal(storage.get(path).await),
            refusal(storage.put(path, Bytes::from_static(b"x")).await),
            refusal(storage.delete(path).await),
            refusal(storage.delete_folder(path).await),
            refusal(storage.list(path).await),
            refusal(storage.rename("a", path).await),
            refusal(storage.copy(path, "a").await),
            refusal(storage.file_url(path)),
        ] {
            assert!(told.contains("path-leaves-root"), "{path:?}: {told}");
        }
    }
    assert!(matches!(storage.delete_folder("").await, Err(Error::Bug(_))));
    assert_eq!(std::fs::read(folder.path().join("secret")).unwrap(), b"outside");
}

proptest! {
    #[test]
    fn no_relative_path_leaves_the_root(path in "(\\.\\./|[a./ %\\\\]){0,6}[a.]{0,3}") {
        let storage = Storage::open("/some/root", Path::new("/")).unwrap();
        if let Ok(location) = storage.location(&path) {
            prop_assert!(location.as_ref() == "some/root" || location.as_ref().starts_with("some/root/"));
            prop_assert_eq!(storage.relative(&location), Some(path.clone()));
            let file = storage.file_url(&path).unwrap().to_file_path().unwrap();
            prop_assert_eq!(file, Path::new("/some/root").join(&path));
        }
    }
}

/// The same steps on every kind of storage.
async fn files_come_and_go(storage: &Storage) {
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    let awkward = "it's a \"name\"; 100% #1?/[x] {y}.parquet";
    assert!(storage.list("").await.unwrap().is_empty());
    assert!(storage.list("nowhere").await.unwrap().is_empty());
    assert!(storage.folders("nowhere").await.unwrap().is_empty());
    assert!(storage.find("b/one").await.unwrap().is_none());
    assert!(storage.get_if_there("b/one").await.unwrap().is_none());
    storage.put("b/one", text("1")).await.unwrap();
    storage.put("a/two", text("22")).await.unwrap();
    storage.put(awkward, text("333")).await.unwrap();
    let names = |listed: Vec<object_store::ObjectMeta>| -> Vec<_> {
        listed.iter().map(|object| storage.relative(&object.location).unwrap()).collect()
    };
    assert_eq!(names(storage.list("").await.unwrap()), ["a/two", "b/one", awkward]);
    assert_eq!(names(storage.files("b").await.unwrap()), ["b/one"]);
    assert_eq!(names(storage.files("b/one").await.unwrap()), ["b/one"]);
    assert_eq!(storage.folders("").await.unwrap().len(), 3);
    assert_eq!(storage.get(awkward).await.unwrap(), text("333"));
    assert_eq!(storage.get_range("a/two", 1..2).await.unwrap(), text("2"));
    assert_eq!(storage.head("a/two").await.unwrap().size, 2);
    assert!(storage.create("c/three", text("new")).await.unwrap());
    assert!(!storage.create("c/three", text("other")).await.unwrap());
    assert_eq!(storage.get("c/three").await.unwrap(), text("new"));
    storage.copy("c/three", "d/copy").await.unwrap();
    storage.rename("c/three", "b/one").await.unwrap();
    assert_eq!(storage.get("b/one").await.unwrap(), text("new"));
    assert_eq!(storage.get("d/copy").await.unwrap(), text("new"));
    assert!(refusal(storage.get("c/three").await).contains("not-found"));
    storage.delete("b/one").await.unwrap();
    storage.delete("b/one").await.unwrap();
    for folder in ["a", "d", "nowhere", awkward.split_once('/').unwrap().0] {
        storage.delete_folder(folder).await.unwrap();
    }
    assert!(storage.list("").await.unwrap().is_empty());
}

#[tokio::test]
async fn files_come_and_go_on_local_disk() {
    let folder = tempfile::tempdir().unwrap();
    files_come_and_go(&local(&folder.path().join("not yet there"))).await;
}

#[tokio::test]
async fn files_come_and_go_on_s3() {
    let Some(server) = s3_server() else { return };
    files_come_and_go(&server.storage("storage/with space")).await;
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_no_reason_to_retry() {
    let Some(server) = s3_server() else { return };
    let storage = Storage::open_with("s3://no-such-bucket/x", Path::new("/"), server.options()).unwrap();
    let told = refusal(storage.get("a").await);
    assert!(told.contains("s3://no-such-bucket/x/a") && told.contains("check the location"), "{told}");
    assert!(!told.contains("a-secret-of-the-tests"), "{told}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_reason_to_retry() {
    let options = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_CONNECT_TIMEOUT", "1s"),
    ];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let storage = Storage::open_with("s3://bucket/x", Path::new("/"), options).unwrap();
    let error = storage.get("a").await.unwrap_err();
    assert!(matches!(&error, Error::Transient(_)), "{error}");
    assert_eq!(error.exit_code(), 75);
}

#[tokio::test]
async fn what_local_disk_refuses_is_no_reason_to_retry() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), b"x").unwrap();
    let storage = local(&folder.path().join("file"));
    let told = refusal(storage.put("below/it", Bytes::from_static(b"x")).await);
    assert!(told.contains("storage-refused"), "{told}");
}

/// Run by the test below, in a process of its own: the environment is part of what is tested.
#[tokio::test]
#[ignore = "needs the environment of the test that starts it"]
async fn child_with_the_environment_of_a_cloud() {
    let storage = Storage::open("s3://hale/environment", Path::new("/")).unwrap();
    storage.put("a", Bytes::from_static(b"from the environment")).await.unwrap();
}

#[tokio::test]
async fn the_environment_configures_the_cloud() {
    let Some(server) = s3_server() else { return };
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "storage::child_with_the_environment_of_a_cloud", "--ignored"])
        .envs(server.options())
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let read = server.storage("environment").get("a").await.unwrap();
    assert_eq!(read, Bytes::from_static(b"from the environment"));
}
