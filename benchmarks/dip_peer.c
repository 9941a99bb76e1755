/* A FastAGI server that gives every dip the same answer, as little as a kernel and one thread can do it with.
   Prints its port. Linux. Built by benchmarks/dips.py where there is a compiler. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 65536

static const char answer[] =
    "SET VARIABLE CR_VERDICT \"v1|connect|g02-12315|hotline|0|line=12315&mode=dual&phase=in_force"
    "&rule=dialplans%2Fsichuan%2Flines.yaml%3A297&reason=line_in_phase&plan=sichuan&plan_version=1.0\"\n";
static char asked[CONNECTIONS], buffer[65536];

static void serve(int connection) {
    ssize_t got = recv(connection, buffer, sizeof buffer, 0);
    if (got <= 0 || asked[connection]) {
        close(connection);
    } else if (got > 1 && !memcmp(buffer + got - 2, "\n\n", 2)) {
        asked[connection] = 1;
        if (send(connection, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
            close(connection);
    }
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = listener}}, ready[64];
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1024))
        return 1;
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(epoll, ready, 64, -1);
        for (int i = 0; i < count; i++) {
            int connection = ready[i].data.fd;
            if (connection != listener) {
                serve(connection);
                continue;
            }
            while ((connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0 && connection < CONNECTIONS) {
                asked[connection] = 0;
                event.data.fd = connection;
                epoll_ctl(epoll, EPOLL_CTL_ADD, connection, &event);
            }
        }
    }
}
