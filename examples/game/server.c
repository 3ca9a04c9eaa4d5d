/* The lamplighter behind a port of loopback: each visitor says one line, hears the answer as it is spoken, and goes.
 * One at a time; the others wait at the door. It prints the port, and ends when its input does. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "npc.h"

enum { NOBODY = -1 };

struct server {
  struct scene scene;
  npc *npc;
  int epoll, door, visitor;
  char line[1024]; /* what the visitor has said so far */
  size_t length;
};

static void watch(struct server *server, int descriptor) {
  struct epoll_event event = {0};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  epoll_ctl(server->epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static void forget(struct server *server, int descriptor) {
  epoll_ctl(server->epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

/* A visitor who has left does not hear it. */
static void tell(struct server *server, const char *text) {
  if (server->visitor != NOBODY) send(server->visitor, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void on_words(void *host, const char *piece, int anew) {
  (void)anew;
  tell(host, piece);
}

static void say_goodbye(struct server *server) {
  if (server->visitor == NOBODY) return;
  close(server->visitor);
  server->visitor = NOBODY;
  watch(server, server->door);
}

static void on_silence(void *host, const char *trouble) {
  if (trouble) tell(host, trouble);
  tell(host, "\n");
  say_goodbye(host);
}

static void welcome(struct server *server) {
  server->visitor = accept(server->door, NULL, NULL);
  if (server->visitor == NOBODY) return;
  server->length = 0;
  forget(server, server->door);
  watch(server, server->visitor);
}

/* Reads on to the end of the line, and passes it on. */
static void listen_to_visitor(struct server *server) {
  size_t room = sizeof server->line - 1 - server->length;
  ssize_t got = read(server->visitor, server->line + server->length, room);
  if (got <= 0) {
    say_goodbye(server);
    return;
  }
  server->length += (size_t)got;
  server->line[server->length] = '\0';
  if (!strchr(server->line, '\n') && (size_t)got < room) return;
  server->line[strcspn(server->line, "\r\n")] = '\0';
  forget(server, server->visitor);
  npc_hear(server->npc, server->line);
}

/* The queue's descriptor is readable while items wait, and there is nothing to drain. */
static void serve(struct server *server) {
  copilot_queue_dispatch(npc_queue(server->npc), 64, 0);
  scene_settle(&server->scene);
  npc_look(server->npc);
}

static void run(struct server *server) {
  struct epoll_event event;
  int queue = copilot_queue_fd(npc_queue(server->npc));
  watch(server, queue);
  watch(server, STDIN_FILENO);
  while (epoll_wait(server->epoll, &event, 1, -1) >= 0) {
    if (event.data.fd == queue) serve(server);
    else if (event.data.fd == server->door) welcome(server);
    else if (event.data.fd == server->visitor) listen_to_visitor(server);
    else break;
  }
}

/* A port that the system chooses; 0 when there is none. */
static int open_door(struct server *server) {
  struct sockaddr_in address = {0};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server->door = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(server->door, (struct sockaddr *)&address, sizeof address) < 0 || listen(server->door, 16) < 0 ||
      getsockname(server->door, (struct sockaddr *)&address, &size) < 0)
    return 0;
  return ntohs(address.sin_port);
}

int main(void) {
  struct server server = {.visitor = NOBODY};
  struct npc_ears ears = {&server, on_words, on_silence};
  copilot_error *error = NULL;
  char view[256];
  int port = open_door(&server);

  scene_begin(&server.scene);
  server.epoll = epoll_create1(EPOLL_CLOEXEC);
  server.npc = npc_new(&server.scene, ears, &error);
  if (!port || server.epoll < 0 || !server.npc) {
    fprintf(stderr, "%s\n", error ? copilot_error_message(error) : "no port can be opened");
    copilot_error_free(error);
    return 1;
  }
  printf("PORT %d\n", port);
  fflush(stdout);
  watch(&server, server.door);
  run(&server);
  scene_describe(&server.scene, view, sizeof view);
  puts(view);
  npc_free(server.npc);
  return 0;
}
