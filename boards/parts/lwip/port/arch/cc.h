/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP asks of a compiler and a machine. */
#ifndef GRAFOS_LWIP_CC_H
#define GRAFOS_LWIP_CC_H

#include <limits.h>
#include <sys/types.h>

/* ssize_t is in sys/types.h everywhere; its limit is not, and lwIP takes its absence for the type's. */
#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif
#define LWIP_NO_UNISTD_H 1

#define lwip_htons(x) ((u16_t)__builtin_bswap16(x))
#define lwip_htonl(x) ((u32_t)__builtin_bswap32(x))

#ifdef __cplusplus
extern "C" {
#endif
/* A broken promise inside lwIP is a broken program: lwip_link.cpp ends the machine. */
void grafos_lwip_assertion_failed(void);
/* Called for each IPv4 packet before anything of it is believed; not 0: it was freed. */
struct pbuf;
int grafos_lwip_refuses(struct pbuf* packet);
#ifdef __cplusplus
}
#endif

#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) grafos_lwip_assertion_failed()

#endif
