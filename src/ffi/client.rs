//! Clients: one connection to one CLI, its life cycle, and any call on it.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use super::call::{self, Call, Work, timeout};
use super::client_options::Options;
use super::ffi;
use super::guard::{optional_text, text};
use super::handle::{
    copilot_client, copilot_client_options, copilot_error, copilot_json, copilot_op, copilot_queue, get,
    give_arc, lend, need, share, take_arc,
};
use super::types::{copilot_client_state, copilot_destroy_cb, copilot_op_cb, copilot_status};
use super::user_data::{UserData, op_callback};
use crate::callback::clear_graveyard;
use crate::client::{Client, State};
use crate::error::Result;
use crate::json::Json;
use crate::protocol::client_options::ClientOptions;

/// A call of the client's, which completes on its queue.
pub(super) fn call_of<T: Send + 'static, W: Work<T>>(
    client: &Client,
    name: &'static str,
    work: W,
) -> Call<W> {
    Call::new(name, client.core().runtime(), client.queue().queue(), work)
}

/// Makes a client. No process is started: copilot_client_start() does that, or the first call that
/// needs the CLI.
///
/// Environment and working directory are read here, once; what you change later does not reach the
/// CLI. The first client of a process starts the library's background threads.
///
/// @param options  the options, which are copied; NULL for all defaults
/// @param error    receives the error on failure, NULL on success; may be NULL
/// @return the client, to be freed with copilot_client_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the client is yours until copilot_client_free(); the options stay yours
/// @errors   COPILOT_E_INVALID_ARGUMENT: the options' JSON was changed into something that is none,
///           or the variable COPILOT_SDK_DEFAULT_CONNECTION has a value that nobody knows;
///           COPILOT_E_UNSUPPORTED: that variable is "inprocess", and the options do not choose
///           otherwise; COPILOT_E_IO: the background threads could not be started
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_client_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_new(
    options: *const copilot_client_options,
    error: *mut *mut copilot_error,
) -> *mut copilot_client {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let options = unsafe { get(options) };
        new(options).map(give_arc::<copilot_client>)
    })
}

fn new(options: Option<&Options>) -> Result<Arc<Client>> {
    clear_graveyard();
    let parsed = ClientOptions::parse(options.map_or("{}", |options| options.json.text()))?;
    Client::new(parsed, options.and_then(|options| options.queue.clone()))
}

/// One more reference to the same client.
///
/// @param client  the client, or NULL
/// @return the same client, to be freed with copilot_client_free(); NULL for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the reference is yours until copilot_client_free()
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_ref(client: *mut copilot_client) -> *mut copilot_client {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or a live client, says the manual.
        unsafe { share(client) }.map_or(ptr::null_mut(), give_arc::<copilot_client>)
    })
}

/// Gives a reference up. With the last one the client's callbacks end: those that are not running
/// are destroyed here. Its sessions stay usable; when the last of them is freed too, the CLI is
/// stopped in the background. To wait for its end call copilot_client_stop() first.
///
/// @param client  the client; NULL is nothing
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    takes the reference
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_free(client: *mut copilot_client) {
    ffi!(or(), {
        // SAFETY: NULL or a reference that nobody uses any more, says the manual.
        drop(unsafe { take_arc(client) });
        clear_graveyard();
    });
}

fn start(client: &Client) -> Call<impl Work<()>> {
    call_of(client, "copilot_client_start", Arc::clone(client.core()).start())
}

/// Starts the CLI, or connects to the server at "cliUrl", and shakes hands with it. When that is
/// under way already this call joins it, and when the client is connected there is nothing to do.
/// It is never necessary where "autoStart" is true, but tells early what is wrong.
///
/// When the time is up the start goes on in the background, and the next call joins it.
///
/// @param client      the client
/// @param timeout_ms  milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any
/// @blocks   up to timeout_ms; serves the client's queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
/// @owner    the client stays yours
/// @errors   COPILOT_E_SPAWN: there is no CLI, it could not be run, it ended before it was ready,
///           or it named no TCP port within 10 seconds; COPILOT_E_CONNECT: the server at "cliUrl"
///           cannot be reached; COPILOT_E_PROTOCOL_VERSION: it speaks a protocol that this library
///           does not; COPILOT_E_UNSUPPORTED: it is too old for an option that was given or a
///           callback that was registered; COPILOT_E_TRANSPORT, COPILOT_E_PROTOCOL, COPILOT_E_RPC:
///           the handshake failed, of class "auth" where the connection token was not accepted;
///           COPILOT_E_CLOSED: the client was stopped meanwhile; COPILOT_E_TIMEOUT;
///           COPILOT_E_WOULD_DEADLOCK; COPILOT_E_INVALID_ARGUMENT: client is NULL or timeout_ms is
///           0
/// @wire     connect, or ping and status.get where the CLI does not know it;
///           kerberosAuth.setProvider, registerExtensionLaunchProvider, plugins.builtin.set,
///           sessionFs.setProvider and llmInference.setProvider where they are asked for
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_start(
    client: *mut copilot_client,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let client = unsafe { need(client)? };
        start(client).wait(timeout_ms).map(call::status)
    })
}

/// copilot_client_start() without waiting; the operation yields nothing. Cancelling it does not
/// stop the start.
///
/// @param client     the client
/// @param callback   runs on the client's queue when the operation has ended; NULL for none
/// @param user_data  handed to it
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL. The operation ends with those of
///           copilot_client_start()
/// @wire     connect, or ping and status.get where the CLI does not know it
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_start_async(
    client: *mut copilot_client,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let client = unsafe { need(client)? };
        Ok(start(client).begin(op_callback(callback, data)))
    })
}

fn stop(client: &Client, grace: Option<Duration>) -> Call<impl Work<()>> {
    call_of(client, "copilot_client_stop", Arc::clone(client.core()).stop(grace))
}

/// Ends the CLI in good order: lets go of every session, ends the CLI's input (over TCP: sends it
/// SIGTERM), and waits for the process to end by itself. A process that does not do so in time is
/// killed, which is no failure: when this returns, the process is gone. Of a server that was
/// connected to by "cliUrl" only the sessions and the connection end; the server goes on.
///
/// The data of the sessions stays on disk. Calls that are pending fail with COPILOT_E_CLOSED, and so
/// does every later use of the sessions. A client that is not started is left as it is. After this,
/// only copilot_client_start() starts the CLI again. A start that is under way is given up. Where
/// another call is stopping the client already, this one waits for the same end.
///
/// @param client      the client
/// @param timeout_ms  milliseconds that all of this may take before the process is killed;
///                    COPILOT_WAIT_FOREVER never kills it. To kill it at once there is
///                    copilot_client_force_stop(), also while another thread is in this call
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  any
/// @blocks   up to timeout_ms, and until a process that was killed is gone; serves the client's
///           queue meanwhile if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
/// @owner    the client stays yours
/// @errors   COPILOT_E_WOULD_DEADLOCK; COPILOT_E_INVALID_ARGUMENT: client is NULL or timeout_ms is 0
/// @wire     session.detach or session.destroy for each session, runtime.shutdown
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_stop(
    client: *mut copilot_client,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let client = unsafe { need(client)? };
        stop(client, timeout(timeout_ms)).wait_for_itself(timeout_ms).map(call::status)
    })
}

/// copilot_client_stop() without waiting; the operation yields nothing. A cancelled one goes on in
/// the background; copilot_client_force_stop() cuts it short.
///
/// @param client      the client
/// @param timeout_ms  milliseconds that all of this may take before the process is killed; 0 kills
///                    it without waiting, COPILOT_WAIT_FOREVER never kills it
/// @param callback    runs on the client's queue when the operation has ended; NULL for none
/// @param user_data   handed to it
/// @param destroy     called once for user_data when it is not needed any more; NULL for none
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); user_data is the library's from the
///           call on, also when the call fails
/// @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL
/// @wire     session.detach or session.destroy for each session, runtime.shutdown
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_stop_async(
    client: *mut copilot_client,
    timeout_ms: i32,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let client = unsafe { need(client)? };
        Ok(stop(client, timeout(timeout_ms)).begin(op_callback(callback, data)))
    })
}

/// Kills the CLI now; a server that was connected to by "cliUrl" only loses the connection. Pending
/// calls and the sessions fail with COPILOT_E_CLOSED. The data of the sessions stays on disk as far
/// as the CLI had written it.
///
/// @param client  the client; NULL is nothing
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the client stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_force_stop(client: *mut copilot_client) {
    ffi!(or(), {
        // SAFETY: NULL or a live client, says the manual.
        if let Some(client) = unsafe { get(client) } {
            client.core().force_stop();
        }
    });
}

/// How the client stands, at this moment. STATE events tell of every change.
///
/// @param client  the client, or NULL
/// @return one of the COPILOT_CLIENT_ constants; COPILOT_CLIENT_DISCONNECTED for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the client stays yours
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_get_state(client: *const copilot_client) -> copilot_client_state {
    ffi!(or State::Disconnected as i32, {
        // SAFETY: NULL or a live client, says the manual.
        unsafe { get(client) }.map_or(State::Disconnected as i32, |client| client.core().state() as i32)
    })
}

/// What the client has done so far, in numbers: an object of
///
///   "state"         "disconnected", "connecting", "connected" or "failed"
///   "transport"     "stdio", "tcp" or "url"
///   "processId"     the CLI's process id; only while one that this client started is connected
///   "cli"           only while connected: "version" (null where the CLI does not tell it),
///                   "protocol", and "path" of what was started or "address" of the server that was
///                   there
///   "starts"        how many starts were begun, and "restarts", how many of them because the
///                   connection before had been lost
///   "startTimings"  how long the steps of the last start took, in milliseconds with a fraction:
///                   "resolveMs" to find the CLI, "spawnMs" to start its process, "connectMs" until
///                   there was a TCP connection, "handshakeMs", "declareMs" for what the options and
///                   callbacks offer to the server, and "totalMs". A step that was not taken, or not
///                   ended, is not there
///   "bytesIn", "bytesOut", "framesIn", "framesOut"
///                   bytes and messages, counted over all connections of this client
///   "events"        session events that came for sessions of this client
///   "requests"      requests that the server made
///   "callsPending"  calls whose answer has not come yet
///   "sessions"      sessions that are open
///   "queue"         of the client's queue: "items" and "bytes" that wait, how many events were
///                   "merged" and "dropped" so far, and "unserved", true when items have been
///                   waiting for seconds while nobody takes any
///
/// More members may come; ignore those that you do not know.
///
/// @param client  the client
/// @param error   receives the error on failure, NULL on success; may be NULL
/// @return the numbers, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the result is yours until copilot_json_free()
/// @errors   COPILOT_E_INVALID_ARGUMENT: client is NULL
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_stats(
    client: *const copilot_client,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let client = unsafe { need(client)? };
        Ok(call::json(client.core().stats()))
    })
}

/// The queue that the client delivers to: the one from its options, or the one that it made.
///
/// @param client  the client, or NULL
/// @return the queue; NULL for NULL
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    borrowed from the client and good as long as it; copilot_queue_ref() keeps it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_queue(client: *const copilot_client) -> *mut copilot_queue {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or a live client, says the manual.
        let client = unsafe { get(client) };
        client.map_or(ptr::null_mut(), |client| lend::<copilot_queue>(client.queue().queue()).cast_mut())
    })
}

fn call(client: &Client, method: &str, params: Option<&str>) -> Result<Call<impl Work<Json>>> {
    let work = Arc::clone(client.core()).call_with(method, params)?;
    Ok(call_of(client, "copilot_client_call", work).of_replies())
}

/// Calls any method of the server's, also one that this library does not know.
///
/// When the time is up, or the operation is cancelled, the reply is ignored; the server is not told.
/// Methods that concern one session are called with copilot_session_call(), which adds the
/// session's id. Do not create or resume sessions this way: the library would not know them.
///
/// @param client       the client
/// @param method       the method's name, such as "tools.list", UTF-8
/// @param params_json  the parameters as the text of a JSON object, UTF-8; NULL for {}
/// @param timeout_ms   milliseconds to wait, or COPILOT_WAIT_FOREVER
/// @param error        receives the error on failure, NULL on success; may be NULL
/// @return the result as the server gave it, to be freed with copilot_json_free(); NULL on failure
///
/// @threads  any
/// @blocks   up to timeout_ms, the start of the CLI included; serves the client's queue meanwhile
///           if nobody else does
/// @callback COPILOT_E_WOULD_DEADLOCK inside a callback of the client's queue
/// @owner    the result is yours until copilot_json_free(); texts are copied
/// @errors   COPILOT_E_RPC: the server refused, copilot_error_rpc_code() is -32601 when it does not
///           know the method; COPILOT_E_TIMEOUT; COPILOT_E_TRANSPORT: the CLI went away;
///           COPILOT_E_PROTOCOL: it sent what is no message; COPILOT_E_CLOSED: the client was
///           stopped meanwhile; COPILOT_E_INVALID_STATE: it was stopped before, or it is not started
///           and "autoStart" is false; those of copilot_client_start(), where this call starts the
///           CLI; COPILOT_E_INVALID_JSON: the parameters are not JSON; COPILOT_E_INVALID_ARGUMENT:
///           they are no object, a pointer is NULL, the method is empty, or timeout_ms is 0;
///           COPILOT_E_INVALID_UTF8; COPILOT_E_WOULD_DEADLOCK
/// @wire     the method given
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_json_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_call(
    client: *mut copilot_client,
    method: *const c_char,
    params_json: *const c_char,
    timeout_ms: i32,
    error: *mut *mut copilot_error,
) -> *mut copilot_json {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            call(need(client)?, text(method, "method")?, optional_text(params_json, "params_json")?)?
        };
        call.wait(timeout_ms).map(call::json)
    })
}

/// copilot_client_call() without waiting; the operation yields the result.
///
/// @param client       the client
/// @param method       the method's name, UTF-8
/// @param params_json  the parameters as the text of a JSON object, UTF-8; NULL for {}
/// @param callback     runs on the client's queue when the operation has ended; NULL for none
/// @param user_data    handed to it
/// @param destroy      called once for user_data when it is not needed any more; NULL for none
/// @param error        receives the error on failure, NULL on success; may be NULL
/// @return the operation, to be freed with copilot_op_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the operation is yours until copilot_op_free(); texts are copied; user_data is the
///           library's from the call on, also when the call fails
/// @errors   COPILOT_E_INVALID_JSON, COPILOT_E_INVALID_ARGUMENT, COPILOT_E_INVALID_UTF8. The
///           operation ends with those of copilot_client_call()
/// @wire     the method given
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_op_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_call_async(
    client: *mut copilot_client,
    method: *const c_char,
    params_json: *const c_char,
    callback: copilot_op_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> *mut copilot_op {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let call = unsafe {
            call(need(client)?, text(method, "method")?, optional_text(params_json, "params_json")?)?
        };
        Ok(call.begin(op_callback(callback, data)))
    })
}
