//! The game of `examples/game` under Xvfb, with a real CLI and the scripted model: what its frames spend in the library,
//! what the library does on the game's thread as strace sees it, and the README's picture.
//!
//! Nothing here is a gate on time but that nothing hangs; `--nocapture` shows what was measured. `COPILOT_TEST_CLIS`
//! names the CLIs, as in `real_cli.rs`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use support::{c, clis, village};
use testbed::cli::{Cli, Fence};
use testbed::model::Model;

const LIMIT: Duration = Duration::from_secs(120);
const FRAMES: usize = 600;
const PIECES: usize = 2000;
const PICTURE_BYTES: usize = 60_000;

/// One at a time: two games would steal each other's frames, and X servers that start together each other's numbers.
static ALONE: Mutex<()> = Mutex::new(());

/// Builds the game with every compiler that there is; the program is that of the first.
fn build(folder: &str) -> PathBuf {
    const SOURCES: [&str; 7] = ["main", "options", "frames", "village", "backdrop", "draw", "bubble"];
    let sdl = Command::new("sdl2-config").args(["--cflags", "--libs"]).output();
    let sdl = sdl.expect("sdl2-config, of libsdl2-dev, is there: scripts/require sdl2-config Xvfb");
    let flags: Vec<_> =
        String::from_utf8(sdl.stdout).unwrap().split_whitespace().map(str::to_owned).collect();
    let library = c::library_folder(folder);
    let compilers = c::COMPILERS.into_iter().filter(|compiler| c::has(compiler));
    let programs: Vec<_> =
        compilers.map(|compiler| village::build(compiler, &SOURCES, &flags, &library)).collect();
    programs[0].clone()
}

/// Where a game is played.
struct Stage<'a> {
    cli: &'a Cli,
    model: &'a Model,
    id: &'a str,
}

impl Stage<'_> {
    /// Plays: `program` may be a tracer's command line that ends with the game's.
    fn play(&self, program: &[&str], arguments: &[&str]) -> Output {
        let fence = Fence::new(self.cli);
        let mut command = Command::new("xvfb-run");
        command.args(["-a", "-s", "-screen 0 1024x768x24"]).args(program).args(arguments);
        village::fenced(&mut command, self.cli, &fence, self.model, self.id);
        let output = c::run(command.env_remove("DISPLAY"), "", LIMIT);
        assert!(output.status.success(), "{}: {}", self.id, c::told(&output));
        output
    }
}

/// The JSON that `--stats` prints.
fn stats(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {}", c::told(output)))
}

/// 600 frames with a burst of 2,000 pieces and three tool calls: what must hold of them.
fn check_burst(stats: &Value, stage: &Stage) {
    let number = |pointer: &str| stats.pointer(pointer).and_then(Value::as_u64).unwrap() as usize;
    assert!(number("/frames") >= FRAMES, "{stats}");
    assert!(number("/items/worst") <= number("/budget/items"), "{}: over the budget: {stats}", stage.id);
    assert!(number("/items/all") > PIECES, "{}: {stats}", stage.id);
    // In a single frame nothing would have been seen of the budget.
    assert!(number("/items/worst") * 2 < PIECES, "{}: {stats}", stage.id);
    assert_eq!(stats["said"], village::line(PIECES), "{}", stage.id);
    assert_eq!(stats["scene"], json!({ "at": "well", "lit": ["well"] }), "{}", stage.id);
    village::check_tools(stage.model, stage.id);
}

#[test]
fn no_frame_dispatches_more_than_its_budget() {
    let _alone = ALONE.lock();
    let program = build("game");
    let model = Model::start();
    for cli in clis::wanted() {
        let stage = Stage { cli: &cli, model: &model, id: &format!("game-{}", cli.name) };
        model.script(stage.id, &village::script(PIECES));
        let frames = FRAMES.to_string();
        let output = stage
            .play(&[program.to_str().unwrap()], &["--say", village::PROMPT, "--frames", &frames, "--stats"]);
        let stats = stats(&output);
        println!(
            "{}: library {} us ({} us of the processor), whole frame {} us, items {}, leaving {} ms",
            cli.name,
            stats["libraryUs"],
            stats["libraryCpuUs"],
            stats["workUs"],
            stats["items"],
            stats["leaveMs"]
        );
        check_burst(&stats, &stage);
    }
}

// ---- What the library asks of the system, on the game's thread ----

/// The system calls between the marks of `--trace`, and how many marks there are.
fn library_calls(trace: &str) -> (Vec<&str>, usize) {
    let (mut calls, mut inside, mut times) = (vec![], false, 0);
    for line in trace.lines() {
        if line.starts_with("write(-1, \"library {\"") {
            (inside, times) = (true, times + 1);
        } else if line.starts_with("write(-1, \"library }\"") {
            inside = false;
        } else if inside && !line.starts_with("---") {
            calls.push(line);
        }
    }
    (calls, times)
}

/// Whether a system call, as strace shows it, might have waited for somebody: all do but those that cannot.
fn may_wait(call: &str, trace: &str) -> bool {
    const MEMORY_AND_IDENTITY: [&str; 14] = [
        "brk",
        "mmap",
        "munmap",
        "mremap",
        "mprotect",
        "madvise",
        "getpid",
        "gettid",
        "getrandom",
        "clock_gettime",
        "gettimeofday",
        "sched_yield",
        "rt_sigprocmask",
        "fcntl",
    ];
    let (name, rest) = call.split_once('(').unwrap_or((call, ""));
    match name {
        "futex" => !rest.contains("FUTEX_WAKE"),
        // Adding to the counter of an eventfd waits only where that is full, at 2^64 - 1.
        "write" if rest.contains("[eventfd]") && rest.contains("\"\\1\\0\\0\\0\\0\\0\\0\\0\", 8)") => false,
        "write" | "pwritev2" => {
            !rest.split_once(", ").is_some_and(|(descriptor, _)| never_blocks(descriptor, trace))
        }
        _ => !MEMORY_AND_IDENTITY.contains(&name),
    }
}

/// Whether the game has asked for the flags of this descriptor, and it was one that takes what it can and never waits.
fn never_blocks(descriptor: &str, trace: &str) -> bool {
    let asked = format!("fcntl({descriptor}, F_GETFL)");
    trace.lines().any(|line| line.starts_with(&asked) && line.contains("O_NONBLOCK"))
}

/// Whether a call is about a lock of the C library's allocator, which is not ours: memory that the library's thread has
/// allocated is freed on the game's, as in any program with threads. In glibc the lock of an arena is at the beginning
/// of a heap, which is aligned to 64 MiB; that of the first arena is in the data of `libc.so.6`.
fn is_the_allocators(call: &str, trace: &str) -> bool {
    const HEAP: u64 = 64 << 20;
    let hexadecimal = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    let Some(address) = call.strip_prefix("futex(").and_then(|rest| hexadecimal(rest.split(',').next()?))
    else {
        return false;
    };
    let in_data = |line: &str| {
        let mut parts = line.strip_prefix("mmap(")?.split(", ");
        let (start, length) = (hexadecimal(parts.next()?)?, parts.next()?.parse::<u64>().ok()?);
        Some(
            line.contains("/libc.so.6>")
                && line.contains("PROT_WRITE")
                && (start..start + length).contains(&address),
        )
    };
    address % HEAP < 0x100 || trace.lines().any(|line| in_data(line) == Some(true))
}

#[test]
fn what_may_wait_is_found_in_a_trace() {
    let trace = r#"
mmap(0x7f1000, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3</usr/lib/libc.so.6>, 0x1d4000) = 0x7f1000
nanosleep({tv_sec=0, tv_nsec=1}, NULL) = 0
write(-1, "library {", 9) = -1 EBADF (Bad file descriptor)
write(6<anon_inode:[eventfd]>, "\1\0\0\0\0\0\0\0", 8) = 8
futex(0x7f, FUTEX_WAKE_PRIVATE, 1) = 1
brk(0x5) = 0x5
futex(0x7f1c68000030, FUTEX_WAIT_PRIVATE, 2, NULL) = -1 EAGAIN (Resource temporarily unavailable)
futex(0x7f1c80, FUTEX_WAIT_PRIVATE, 2, NULL) = 0
futex(0x7f2c80, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 2, NULL) = 0
poll([{fd=3, events=POLLIN}], 1, -1) = 1
read(7<pipe:[1]>, "x", 1) = 1
write(8<pipe:[2]>, "\1\0\0\0\0\0\0\0", 8) = 8
write(9<pipe:[3]>, "Content-Length: 2\r\n\r\n{}", 23) = 23
pwritev2(8<pipe:[2]>, [{iov_base="x", iov_len=1}], 1, -1, 0x100 /* RWF_??? */) = 1
pwritev2(9<pipe:[3]>, [{iov_base="x", iov_len=1}], 1, -1, 0x100 /* RWF_??? */) = 1
nanosleep({tv_sec=0, tv_nsec=1}, NULL) = 0
write(-1, "library }", 9) = -1 EBADF (Bad file descriptor)
poll([{fd=3, events=POLLIN}], 1, -1) = 1
fcntl(8<pipe:[2]>, F_GETFL) = 0x1 (flags O_WRONLY)
fcntl(9<pipe:[3]>, F_GETFL) = 0x801 (flags O_WRONLY|O_NONBLOCK)
"#;
    let (calls, times) = library_calls(trace);
    let name = |call: &&str| call.split('(').next().unwrap().to_owned();
    assert_eq!((calls.len(), times), (13, 1));
    let (allocator, others): (Vec<_>, Vec<_>) = calls
        .into_iter()
        .filter(|call| may_wait(call, trace))
        .partition(|call| is_the_allocators(call, trace));
    assert_eq!(allocator.len(), 2);
    assert_eq!(
        others.iter().map(name).collect::<Vec<_>>(),
        ["futex", "poll", "read", "write", "pwritev2", "nanosleep"]
    );
    assert!(others[0].contains("0x7f2c80"), "{others:?}");
}

#[test]
fn no_system_call_of_the_library_blocks_the_game() {
    let _alone = ALONE.lock();
    let program = build("game-traced");
    let (model, cli) = (Model::start(), clis::wanted().remove(0));
    let stage = Stage { cli: &cli, model: &model, id: "game-traced" };
    model.script(stage.id, &village::script(PIECES));
    let trace = program.with_file_name("trace");
    let frames = FRAMES.to_string();
    // Without -f only the first thread is traced, which is the game's.
    let output = stage.play(
        &["strace", "-y", "-s", "64", "-o", trace.to_str().unwrap(), program.to_str().unwrap()],
        &["--trace", "--say", village::PROMPT, "--frames", &frames, "--stats"],
    );
    check_burst(&stats(&output), &stage);
    let trace = fs::read_to_string(trace).unwrap();
    let (calls, times) = library_calls(&trace);
    assert!(times >= FRAMES, "the marks are missing");
    // Answering a tool writes to the CLI, at the least.
    assert!(!calls.is_empty(), "the trace has nothing of the library's");
    let made = calls.len();
    let (allocator, waiting): (Vec<_>, Vec<_>) = calls
        .into_iter()
        .filter(|call| may_wait(call, &trace))
        .partition(|call| is_the_allocators(call, &trace));
    println!(
        "{times} times in the library: {made} system calls, of them {} for the allocator's lock",
        allocator.len()
    );
    assert!(waiting.is_empty(), "on the game's thread: {waiting:#?}");
}

#[test]
fn leaving_in_the_middle_of_a_line_is_quick() {
    let _alone = ALONE.lock();
    let program = build("game-left");
    let model = Model::start();
    for cli in clis::wanted() {
        let stage = Stage { cli: &cli, model: &model, id: &format!("left-{}", cli.name) };
        model.script(stage.id, &json!([{ "chunks": ["I was ", "about to ", "say"], "hang_after": 2 }]));
        let output = stage
            .play(&[program.to_str().unwrap()], &["--say", village::PROMPT, "--leave-at", "500", "--stats"]);
        let stats = stats(&output);
        println!("{}: left in {} ms", cli.name, stats["leaveMs"]);
        assert!("I was about to say".starts_with(stats["said"].as_str().unwrap()), "{stats}");
        assert!(stats["leaveMs"].as_u64().unwrap() < 5000, "{}: {stats}", cli.name);
    }
}

// ---- The picture ----

/// How many pixels of a BMP of 24 bits have this colour.
fn count(bmp: &[u8], colour: [u8; 3]) -> usize {
    let start = u32::from_le_bytes(bmp[10..14].try_into().unwrap()) as usize;
    bmp[start..].chunks_exact(3).filter(|pixel| [pixel[2], pixel[1], pixel[0]] == colour).count()
}

fn screenshot(stage: &Stage, program: &Path, arguments: &[&str]) -> (PathBuf, Vec<u8>) {
    let picture = program.with_file_name(format!("{}.bmp", stage.id));
    let _ = fs::remove_file(&picture); // of the run before
    let shown = ["--screenshot", picture.to_str().unwrap()];
    stage.play(&[program.to_str().unwrap()], &[&shown[..], arguments].concat());
    let bytes = fs::read(&picture).unwrap();
    (picture, bytes)
}

#[test]
fn it_makes_the_picture_of_the_readme() {
    const PAPER: [u8; 3] = [0xf6, 0xec, 0xd2];
    let _alone = ALONE.lock();
    let program = build("game-picture");
    let (model, cli) = (Model::start(), clis::wanted().remove(0));
    let stage = Stage { cli: &cli, model: &model, id: "picture" };
    let place = |tool: &str, place: &str| json!([tool, { "place": place }]);
    let line = [
        "There, ",
        "the well is bright again.\n",
        "Mind the ice, ",
        "friend, ",
        "and follow ",
        "the lamps: ",
        "when the inn ",
        "has its light ",
        "there will be soup ",
        "for us both.",
    ];
    model.script(
        stage.id,
        &json!([
            { "tools": [["look_around", {}], place("light_lamp", "gate")] },
            { "tools": [place("move_to", "bakery")] },
            { "tools": [place("light_lamp", "bakery")] },
            { "tools": [place("move_to", "well")] },
            { "tools": [place("light_lamp", "well")] },
            { "chunks": line, "hang_after": 10 },
        ]),
    );
    let (silent, night) = screenshot(&stage, &program, &["--at", "10", "--leave-at", "12"]);
    assert_eq!(count(&night, PAPER), 0, "who speaks in {}?", silent.display());
    let told = ["--say", village::PROMPT, "--at", "600", "--leave-at", "602"];
    let (spoken, bytes) = screenshot(&stage, &program, &told);
    assert!(count(&bytes, PAPER) > 3000, "nobody speaks in {}", spoken.display());

    let picture = spoken.with_extension("png");
    let made = Command::new(c::root().join("tests/game/png.py")).args([&spoken, &picture]).arg("2").status();
    assert!(made.unwrap().success());
    let bytes = fs::read(&picture).unwrap();
    let committed = fs::read(c::root().join("docs/images/game.png")).unwrap();
    println!("{}: {} bytes", picture.display(), bytes.len());
    for (bytes, what) in [(&bytes, "the new one"), (&committed, "docs/images/game.png")] {
        assert!(bytes.len() < PICTURE_BYTES, "{what} has {} bytes", bytes.len());
        assert_eq!(bytes[16..24], [0, 0, 3, 192, 0, 0, 2, 28], "{what} is not 960 by 540");
    }
}
