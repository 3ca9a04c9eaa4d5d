//! `posix_spawn`: the host may be large and have many threads, so it is not forked.

use std::ffi::{CString, OsStr, c_char, c_short};
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr;

use libc::{c_int, pid_t};

use super::process::Launch;
use crate::error::{Code, Error, Result};

/// Everything `exec` wants, in its form.
pub(super) struct Image {
    pub(super) path: CString,
    pub(super) argv: Vec<CString>,
    pub(super) envp: Vec<CString>,
    pub(super) cwd: Option<CString>,
}

impl Image {
    pub(super) fn of(launch: &Launch) -> Result<Image> {
        let program = &launch.program;
        let path = c_string(program.path.as_os_str(), || "the path of the CLI".to_owned())?;
        let mut argv = vec![path.clone()];
        for (index, argument) in program.leading_args.iter().chain(&launch.args).enumerate() {
            argv.push(c_string(argument, || format!("argument {} of the CLI", index + 1))?);
        }
        let variables = launch.environment.iter();
        let envp = variables.map(|(name, value)| variable(name, value)).collect::<Result<_>>()?;
        let cwd = launch.cwd.as_ref();
        let cwd =
            cwd.map(|cwd| c_string(cwd.as_os_str(), || "the working directory".to_owned())).transpose()?;
        Ok(Image { path, argv, envp, cwd })
    }

    /// Starts the child as the leader of its own process group, with these three descriptors as its stdin,
    /// stdout and stderr and no other, no signal blocked and none ignored. Returns when the program is loaded.
    pub(super) fn start(&self, stdio: [&OwnedFd; 3]) -> io::Result<pid_t> {
        let mut actions = FileActions::new()?;
        if let Some(cwd) = &self.cwd {
            actions.change_directory(cwd)?;
        }
        for (target, descriptor) in (0..).zip(stdio) {
            actions.duplicate(descriptor, target)?;
        }
        actions.close_the_others()?;
        let attributes = Attributes::of_a_fresh_leader()?;
        let (argv, envp) = (pointers(&self.argv), pointers(&self.envp));
        let mut pid = 0;
        // SAFETY: path, argv and envp are NUL-terminated and outlive the call, as do actions and attributes,
        // both initialised; the call does not change the strings, whatever its type says.
        let result = unsafe {
            libc::posix_spawn(
                &mut pid,
                self.path.as_ptr(),
                actions.0.as_ptr(),
                attributes.0.as_ptr(),
                argv.as_ptr(),
                envp.as_ptr(),
            )
        };
        done(result).map(|()| pid)
    }
}

fn c_string(text: &OsStr, what: impl Fn() -> String) -> Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| {
        Error::new(Code::Spawn, format!("{} contains a NUL byte, which no program can be given", what()))
    })
}

/// `NAME=value`. Only the name may be told: the value is often a secret.
fn variable(name: &OsStr, value: &OsStr) -> Result<CString> {
    if name.is_empty() || name.as_bytes().contains(&b'=') {
        let message =
            format!("the environment variable {name:?} has no valid name: it is empty or contains `=`");
        return Err(Error::new(Code::Spawn, message));
    }
    let entry = [name.as_bytes(), b"=", value.as_bytes()].concat();
    c_string(OsStr::from_bytes(&entry), || format!("the environment variable {name:?}"))
}

/// The null-terminated array of pointers that `exec` takes.
pub(super) fn pointers(strings: &[CString]) -> Vec<*mut c_char> {
    strings.iter().map(|string| string.as_ptr().cast_mut()).chain([ptr::null_mut()]).collect()
}

/// A pipe whose ends are close-on-exec and not in the place of a standard stream: a host that runs with those
/// closed would otherwise print into it.
pub(super) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((above_standard_streams(reader.into())?, above_standard_streams(writer.into())?))
}

/// The same file under a number that is no standard stream's.
pub(super) fn above_standard_streams(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    if descriptor.as_raw_fd() > 2 {
        return Ok(descriptor);
    }
    // SAFETY: the descriptor is open; the call touches no memory.
    let moved = unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3) };
    if moved < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `fcntl` has just made it, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(moved) })
}

/// The input of a child that is told nothing that way.
pub(super) fn no_input() -> io::Result<OwnedFd> {
    above_standard_streams(fs::File::open("/dev/null")?.into())
}

/// Makes a pipe hold 1 MiB, which cuts the cost of a burst by a third. The system may refuse; then it stays small.
pub(super) fn enlarge(pipe: &OwnedFd) {
    // SAFETY: the descriptor is open; the call touches no memory.
    unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETPIPE_SZ, 1024 * 1024) };
}

/// What the host left without close-on-exec, for systems that cannot close by the range. As good as can be: a descriptor
/// that another thread opens that way after this look is inherited, and without /proc all of them are.
pub(super) fn inheritable_descriptors() -> Vec<RawFd> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return Vec::new() };
    let names = entries.flatten().map(|entry| entry.file_name());
    let descriptors = names.filter_map(|name| name.to_str()?.parse().ok());
    descriptors.filter(|descriptor| *descriptor > 2 && is_inheritable(*descriptor)).collect()
}

fn is_inheritable(descriptor: RawFd) -> bool {
    // SAFETY: reads one flag of whatever the number means now; a closed one gives an error.
    let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
    flags >= 0 && flags & libc::FD_CLOEXEC == 0
}

/// The `posix_*` functions return the error instead of setting errno.
fn done(result: c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}

/// What the child does with its descriptors before `exec`, in order. Boxed: the C object is not to be moved.
struct FileActions(Box<MaybeUninit<libc::posix_spawn_file_actions_t>>);

impl FileActions {
    fn new() -> io::Result<FileActions> {
        let mut actions = Box::new(MaybeUninit::uninit());
        // SAFETY: the call initialises the memory it is given.
        done(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        Ok(FileActions(actions))
    }

    fn change_directory(&mut self, folder: &CString) -> io::Result<()> {
        // SAFETY: initialised by `new`; the string is NUL-terminated, and the call copies it.
        done(unsafe { libc::posix_spawn_file_actions_addchdir_np(self.0.as_mut_ptr(), folder.as_ptr()) })
    }

    /// `descriptor` is never `target`, so the copy has no close-on-exec flag.
    fn duplicate(&mut self, descriptor: &OwnedFd, target: RawFd) -> io::Result<()> {
        // SAFETY: initialised by `new`; the numbers are only noted.
        done(unsafe {
            libc::posix_spawn_file_actions_adddup2(self.0.as_mut_ptr(), descriptor.as_raw_fd(), target)
        })
    }

    /// All but the three standard ones, whatever other threads of the host are opening at this moment.
    #[cfg(target_env = "gnu")]
    fn close_the_others(&mut self) -> io::Result<()> {
        // SAFETY: initialised by `new`; the number is only noted.
        done(unsafe { libc::posix_spawn_file_actions_addclosefrom_np(self.0.as_mut_ptr(), 3) })
    }

    /// All but the three standard ones that are there now. One that cannot be noted, or is closed by then, needs no
    /// closing.
    #[cfg(not(target_env = "gnu"))]
    fn close_the_others(&mut self) -> io::Result<()> {
        for descriptor in inheritable_descriptors() {
            // SAFETY: initialised by `new`; the number is only noted.
            unsafe { libc::posix_spawn_file_actions_addclose(self.0.as_mut_ptr(), descriptor) };
        }
        Ok(())
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: initialised by `new` and destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(self.0.as_mut_ptr()) };
    }
}

/// What the child is, apart from its descriptors. Boxed: the C object is not to be moved.
struct Attributes(Box<MaybeUninit<libc::posix_spawnattr_t>>);

impl Attributes {
    /// The leader of a new process group, with nothing of the host's treatment of signals: a runtime's threads
    /// block nearly all of them, and a host that ignores some would make the child ignore them too.
    fn of_a_fresh_leader() -> io::Result<Attributes> {
        let mut attributes = Box::new(MaybeUninit::uninit());
        // SAFETY: the call initialises the memory it is given.
        done(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        let mut attributes = Attributes(attributes);
        let flags = libc::POSIX_SPAWN_SETPGROUP | libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF;
        let attribute = attributes.0.as_mut_ptr();
        // SAFETY: `attribute` was initialised above; the sets, arrays of bits, are initialised here and copied.
        unsafe {
            let mut none = MaybeUninit::uninit();
            let mut all = MaybeUninit::<libc::sigset_t>::uninit();
            libc::sigemptyset(none.as_mut_ptr());
            // Bit by bit: `sigfillset` leaves the C library's own two out, which `posix_spawn` then sets to ignored.
            all.as_mut_ptr().write_bytes(0xFF, 1);
            done(libc::posix_spawnattr_setsigmask(attribute, none.as_ptr()))?;
            done(libc::posix_spawnattr_setsigdefault(attribute, all.as_ptr()))?;
            done(libc::posix_spawnattr_setpgroup(attribute, 0))?;
            done(libc::posix_spawnattr_setflags(attribute, flags as c_short))?;
        }
        Ok(attributes)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised by `of_a_fresh_leader` and destroyed once.
        unsafe { libc::posix_spawnattr_destroy(self.0.as_mut_ptr()) };
    }
}
