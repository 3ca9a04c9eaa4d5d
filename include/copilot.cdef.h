/* Generated from copilot.h by tests/header/make-cdef.sh, for LuaJIT and cffi. The manual is in copilot.h. */
typedef enum {
  COPILOT_OK = 0,
  COPILOT_E_INVALID_ARGUMENT = -1,
  COPILOT_E_INVALID_UTF8 = -2,
  COPILOT_E_INVALID_JSON = -3,
  COPILOT_E_INVALID_STATE = -4,
  COPILOT_E_TIMEOUT = -5,
  COPILOT_E_CANCELLED = -6,
  COPILOT_E_CLOSED = -7,
  COPILOT_E_WOULD_DEADLOCK = -8,
  COPILOT_E_FORKED = -9,
  COPILOT_E_NOT_FOUND = -10,
  COPILOT_E_UNSUPPORTED = -11,
  COPILOT_E_SPAWN = -20,
  COPILOT_E_CONNECT = -21,
  COPILOT_E_TRANSPORT = -22,
  COPILOT_E_PROTOCOL = -23,
  COPILOT_E_PROTOCOL_VERSION = -24,
  COPILOT_E_RPC = -25,
  COPILOT_E_SESSION = -26,
  COPILOT_E_IO = -27,
  COPILOT_E_INTERNAL = -99
} copilot_status_code;
typedef enum {
  COPILOT_CLIENT_DISCONNECTED = 0,
  COPILOT_CLIENT_CONNECTING = 1,
  COPILOT_CLIENT_CONNECTED = 2,
  COPILOT_CLIENT_FAILED = 3
} copilot_client_state_code;
typedef enum {
  COPILOT_EVENT_NONE = 0,
  COPILOT_EVENT_SESSION = 1,
  COPILOT_EVENT_LIFECYCLE = 2,
  COPILOT_EVENT_STATE = 3,
  COPILOT_EVENT_REQUEST = 4,
  COPILOT_EVENT_COMPLETION = 5,
  COPILOT_EVENT_LOG = 6,
  COPILOT_EVENT_OVERFLOW = 7,
  COPILOT_EVENT_REQUEST_CANCELLED = 8,
  COPILOT_EVENT_NOTIFICATION = 9,
  COPILOT_EVENT_POLICY = 10
} copilot_event_kind_code;
typedef enum {
  COPILOT_REQUEST_OTHER = 0,
  COPILOT_REQUEST_TOOL = 1,
  COPILOT_REQUEST_PERMISSION = 2,
  COPILOT_REQUEST_USER_INPUT = 3,
  COPILOT_REQUEST_ELICITATION = 4,
  COPILOT_REQUEST_HOOK = 5,
  COPILOT_REQUEST_COMMAND = 6,
  COPILOT_REQUEST_EXIT_PLAN_MODE = 7,
  COPILOT_REQUEST_AUTO_MODE_SWITCH = 8,
  COPILOT_REQUEST_SYSTEM_MESSAGE = 9,
  COPILOT_REQUEST_MCP_OAUTH = 10
} copilot_request_kind_code;
typedef enum {
  COPILOT_OP_PENDING = 0,
  COPILOT_OP_DONE = 1,
  COPILOT_OP_FAILED = 2,
  COPILOT_OP_CANCELLED = 3
} copilot_op_state_code;
typedef enum {
  COPILOT_JSON_MISSING = 0,
  COPILOT_JSON_NULL = 1,
  COPILOT_JSON_BOOL = 2,
  COPILOT_JSON_NUMBER = 3,
  COPILOT_JSON_STRING = 4,
  COPILOT_JSON_ARRAY = 5,
  COPILOT_JSON_OBJECT = 6
} copilot_json_type_code;
typedef enum {
  COPILOT_LOG_OFF = 0,
  COPILOT_LOG_ERROR = 1,
  COPILOT_LOG_WARN = 2,
  COPILOT_LOG_INFO = 3,
  COPILOT_LOG_DEBUG = 4,
  COPILOT_LOG_TRACE = 5
} copilot_log_level_code;
typedef struct copilot_client copilot_client;
typedef struct copilot_client_options copilot_client_options;
typedef struct copilot_error copilot_error;
typedef struct copilot_event copilot_event;
typedef struct copilot_json copilot_json;
typedef struct copilot_op copilot_op;
typedef struct copilot_queue copilot_queue;
typedef struct copilot_request copilot_request;
typedef struct copilot_session copilot_session;
typedef struct copilot_session_config copilot_session_config;
typedef int32_t copilot_status;
typedef int32_t copilot_log_level;
typedef void (*copilot_log_cb)(copilot_log_level level, const char *target, const char *message, void *user_data);
typedef void (*copilot_destroy_cb)(void *user_data);
typedef int32_t copilot_json_type;
typedef void (*copilot_wakeup_cb)(void *user_data);
typedef int32_t copilot_event_kind;
typedef int32_t copilot_request_kind;
typedef void (*copilot_request_cb)(copilot_request *request, void *user_data);
typedef int32_t copilot_op_state;
typedef void (*copilot_op_cb)(copilot_op *op, void *user_data);
typedef int32_t copilot_client_state;
typedef void (*copilot_event_cb)(const copilot_event *event, void *user_data);
int32_t copilot_abi_version(void);
int32_t copilot_version_number(void);
const char *copilot_version_string(void);
int32_t copilot_protocol_version(void);
const char *copilot_build_info(void);
int32_t copilot_has_feature(const char *name);
const char *copilot_status_name(copilot_status status);
const char *copilot_status_text(copilot_status status);
copilot_status copilot_set_log(copilot_log_level max_level, copilot_log_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_shutdown(int32_t timeout_ms, copilot_error **error);
int64_t copilot_debug_live_objects(void);
copilot_status copilot_error_code(const copilot_error *error);
const char *copilot_error_message(const copilot_error *error);
int64_t copilot_error_rpc_code(const copilot_error *error);
const copilot_json *copilot_error_data(const copilot_error *error);
int32_t copilot_error_is_retriable(const copilot_error *error);
int32_t copilot_error_is_fatal(const copilot_error *error);
void copilot_error_free(copilot_error *error);
copilot_json *copilot_json_parse(const char *text, copilot_error **error);
copilot_json *copilot_json_new_object(void);
copilot_json *copilot_json_copy(const copilot_json *json, const char *pointer, copilot_error **error);
const char *copilot_json_text(const copilot_json *json, size_t *length);
const copilot_json *copilot_json_at(const copilot_json *json, const char *pointer);
const copilot_json *copilot_json_item(const copilot_json *json, size_t index);
copilot_json_type copilot_json_type_at(const copilot_json *json, const char *pointer);
size_t copilot_json_count(const copilot_json *json, const char *pointer);
const char *copilot_json_key(const copilot_json *json, const char *pointer, size_t index);
const char *copilot_json_get_string(const copilot_json *json, const char *pointer, size_t *length);
const char *copilot_json_get_bytes(const copilot_json *json, const char *pointer, size_t *length);
int32_t copilot_json_get_int(const copilot_json *json, const char *pointer, int64_t *value);
int32_t copilot_json_get_double(const copilot_json *json, const char *pointer, double *value);
int32_t copilot_json_get_bool(const copilot_json *json, const char *pointer, int32_t *value);
void copilot_json_free(copilot_json *json);
copilot_status copilot_json_set_string(copilot_json *json, const char *pointer, const char *value, copilot_error **error);
copilot_status copilot_json_set_int(copilot_json *json, const char *pointer, int64_t value, copilot_error **error);
copilot_status copilot_json_set_double(copilot_json *json, const char *pointer, double value, copilot_error **error);
copilot_status copilot_json_set_bool(copilot_json *json, const char *pointer, int32_t value, copilot_error **error);
copilot_status copilot_json_set_json(copilot_json *json, const char *pointer, const char *text, copilot_error **error);
copilot_queue *copilot_queue_new(const char *options_json, copilot_error **error);
copilot_queue *copilot_queue_ref(copilot_queue *queue);
void copilot_queue_free(copilot_queue *queue);
copilot_status copilot_queue_next(copilot_queue *queue, int32_t timeout_ms, copilot_event **event, copilot_error **error);
int32_t copilot_queue_dispatch(copilot_queue *queue, int32_t max_items, int32_t timeout_ms);
copilot_status copilot_queue_start_thread(copilot_queue *queue, copilot_error **error);
copilot_status copilot_queue_stop_thread(copilot_queue *queue, copilot_error **error);
int32_t copilot_queue_fd(const copilot_queue *queue);
copilot_status copilot_queue_set_wakeup(copilot_queue *queue, copilot_wakeup_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
void copilot_queue_wake(copilot_queue *queue);
void copilot_queue_close(copilot_queue *queue);
size_t copilot_queue_length(const copilot_queue *queue);
copilot_status copilot_queue_next_batch(copilot_queue *queue, int32_t timeout_ms, copilot_event **events, size_t capacity, size_t *count, copilot_error **error);
copilot_status copilot_queue_next_batch_json(copilot_queue *queue, int32_t timeout_ms, int32_t max_items, copilot_json **batch, copilot_event **event, copilot_error **error);
copilot_event_kind copilot_event_get_kind(const copilot_event *event);
const char *copilot_event_type(const copilot_event *event);
const char *copilot_event_session_id(const copilot_event *event);
const copilot_json *copilot_event_json(const copilot_event *event);
copilot_op *copilot_event_op(const copilot_event *event);
copilot_request *copilot_event_take_request(copilot_event *event);
int32_t copilot_event_deliver(copilot_event *event);
copilot_event *copilot_event_ref(const copilot_event *event);
void copilot_event_free(copilot_event *event);
copilot_request_kind copilot_request_get_kind(const copilot_request *request);
const char *copilot_request_method(const copilot_request *request);
const char *copilot_request_session_id(const copilot_request *request);
const char *copilot_request_tool_name(const copilot_request *request);
const copilot_json *copilot_request_params(const copilot_request *request);
uint64_t copilot_request_id(const copilot_request *request);
copilot_request *copilot_request_ref(copilot_request *request);
int32_t copilot_request_is_cancelled(const copilot_request *request);
copilot_status copilot_request_on_cancel(copilot_request *request, copilot_request_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
void copilot_request_free(copilot_request *request);
copilot_status copilot_request_respond(copilot_request *request, const char *result_json, copilot_error **error);
copilot_status copilot_request_respond_text(copilot_request *request, const char *text, copilot_error **error);
copilot_status copilot_request_fail(copilot_request *request, const char *message, copilot_error **error);
copilot_status copilot_request_decline(copilot_request *request, copilot_error **error);
void copilot_approve_all(copilot_request *request, void *user_data);
void copilot_deny_all(copilot_request *request, void *user_data);
uint64_t copilot_op_id(const copilot_op *op);
copilot_op_state copilot_op_get_state(const copilot_op *op);
copilot_status copilot_op_wait(copilot_op *op, int32_t timeout_ms, copilot_error **error);
void copilot_op_cancel(copilot_op *op);
copilot_json *copilot_op_take_result(copilot_op *op, copilot_error **error);
copilot_session *copilot_op_take_session(copilot_op *op, copilot_error **error);
copilot_op *copilot_op_ref(copilot_op *op);
void copilot_op_free(copilot_op *op);
copilot_client_options *copilot_client_options_new(const char *json, copilot_error **error);
copilot_json *copilot_client_options_json(copilot_client_options *options);
copilot_status copilot_client_options_set_queue(copilot_client_options *options, copilot_queue *queue, copilot_error **error);
void copilot_client_options_free(copilot_client_options *options);
copilot_client *copilot_client_new(const copilot_client_options *options, copilot_error **error);
copilot_client *copilot_client_ref(copilot_client *client);
void copilot_client_free(copilot_client *client);
copilot_status copilot_client_start(copilot_client *client, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_start_async(copilot_client *client, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_client_stop(copilot_client *client, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_stop_async(copilot_client *client, int32_t timeout_ms, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
void copilot_client_force_stop(copilot_client *client);
copilot_client_state copilot_client_get_state(const copilot_client *client);
copilot_json *copilot_client_stats(const copilot_client *client, copilot_error **error);
copilot_queue *copilot_client_queue(const copilot_client *client);
copilot_json *copilot_client_call(copilot_client *client, const char *method, const char *params_json, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_call_async(copilot_client *client, const char *method, const char *params_json, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_client_on_request(copilot_client *client, const char *method, copilot_request_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
int64_t copilot_client_on_event(copilot_client *client, const char *event_type, copilot_event_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_client_off_event(copilot_client *client, int64_t subscription, copilot_error **error);
copilot_json *copilot_client_ping(copilot_client *client, const char *message, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_ping_async(copilot_client *client, const char *message, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_client_status(copilot_client *client, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_status_async(copilot_client *client, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_client_auth_status(copilot_client *client, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_auth_status_async(copilot_client *client, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_client_list_models(copilot_client *client, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_list_models_async(copilot_client *client, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_client_list_sessions(copilot_client *client, const char *filter_json, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_list_sessions_async(copilot_client *client, const char *filter_json, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_client_last_session_id(copilot_client *client, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_last_session_id_async(copilot_client *client, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_client_delete_session(copilot_client *client, const char *session_id, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_delete_session_async(copilot_client *client, const char *session_id, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_client_get_foreground_session(copilot_client *client, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_get_foreground_session_async(copilot_client *client, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_client_set_foreground_session(copilot_client *client, const char *session_id, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_client_set_foreground_session_async(copilot_client *client, const char *session_id, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_session_config *copilot_session_config_new(const char *json, copilot_error **error);
copilot_json *copilot_session_config_json(copilot_session_config *config);
copilot_status copilot_session_config_set_queue(copilot_session_config *config, copilot_queue *queue, copilot_error **error);
copilot_status copilot_session_config_add_tool(copilot_session_config *config, const char *tool_json, copilot_request_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_session_config_on_request(copilot_session_config *config, copilot_request_kind kind, copilot_request_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_session_config_on_method(copilot_session_config *config, const char *method, copilot_request_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_session_config_on_event(copilot_session_config *config, const char *event_type, copilot_event_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
void copilot_session_config_free(copilot_session_config *config);
copilot_session *copilot_session_create(copilot_client *client, const copilot_session_config *config, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_create_async(copilot_client *client, const copilot_session_config *config, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_session *copilot_session_resume(copilot_client *client, const char *session_id, const copilot_session_config *config, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_resume_async(copilot_client *client, const char *session_id, const copilot_session_config *config, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_session *copilot_session_ref(copilot_session *session);
void copilot_session_free(copilot_session *session);
const char *copilot_session_id(const copilot_session *session);
const char *copilot_session_workspace_path(const copilot_session *session);
int64_t copilot_session_on_event(copilot_session *session, const char *event_type, copilot_event_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_session_off_event(copilot_session *session, int64_t subscription, copilot_error **error);
copilot_status copilot_session_disconnect(copilot_session *session, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_disconnect_async(copilot_session *session, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
int64_t copilot_session_on_event_direct(copilot_session *session, const char *event_type, copilot_event_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_session_config_on_event_direct(copilot_session_config *config, const char *event_type, copilot_event_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_session_send(copilot_session *session, const char *message_json, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_send_async(copilot_session *session, const char *message_json, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_session_send_and_wait(copilot_session *session, const char *message_json, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_send_and_wait_async(copilot_session *session, const char *message_json, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_session_abort(copilot_session *session, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_abort_async(copilot_session *session, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_session_get_messages(copilot_session *session, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_get_messages_async(copilot_session *session, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_session_set_model(copilot_session *session, const char *model_id, const char *options_json, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_set_model_async(copilot_session *session, const char *model_id, const char *options_json, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_session_call(copilot_session *session, const char *method, const char *params_json, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_call_async(copilot_session *session, const char *method, const char *params_json, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_session_info(const copilot_session *session, copilot_error **error);
copilot_status copilot_session_reopen(copilot_session *session, const copilot_session_config *config, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_reopen_async(copilot_session *session, const copilot_session_config *config, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_status copilot_session_set_tools(copilot_session *session, const copilot_session_config *config, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_set_tools_async(copilot_session *session, const copilot_session_config *config, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_session_confirm(copilot_session *session, const char *message, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_confirm_async(copilot_session *session, const char *message, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_session_select(copilot_session *session, const char *message, const char *options_json, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_select_async(copilot_session *session, const char *message, const char *options_json, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
copilot_json *copilot_session_input(copilot_session *session, const char *message, const char *options_json, int32_t timeout_ms, copilot_error **error);
copilot_op *copilot_session_input_async(copilot_session *session, const char *message, const char *options_json, copilot_op_cb callback, void *user_data, copilot_destroy_cb destroy, copilot_error **error);
