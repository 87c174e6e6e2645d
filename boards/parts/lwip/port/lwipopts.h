/* SPDX-License-Identifier: Apache-2.0 */
/* What of lwIP is built: Ethernet, ARP, IPv4, ICMP echo and UDP, called from the main loop only,
 * over fixed pools. tools/libs builds lwIP with this file and installs it beside lwIP's headers, so
 * that library and callers agree. */
#ifndef GRAFOS_LWIPOPTS_H
#define GRAFOS_LWIPOPTS_H

/* One context: the turn. Interrupts only set flags. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_TIMERS 0 /* ARP's one timer is driven by the link, without waking the machine */
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

/* Protocols. */
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ETHERNET 1
#define LWIP_ARP 1
#define LWIP_ICMP 1
#define LWIP_UDP 1
#define LWIP_TCP 0
#define LWIP_RAW 0
#define LWIP_DHCP 0
#define LWIP_AUTOIP 0
#define LWIP_ACD 0
#define LWIP_IGMP 0
#define LWIP_DNS 0
#define IP_FORWARD 0
#define IP_FRAG 0 /* a datagram fits a frame; what does not is refused, and fragments are dropped */
#define IP_REASSEMBLY 0
#define IP_OPTIONS_ALLOWED 0
#define ARP_QUEUEING 0 /* one frame waits for an address, the newest */
#define ARP_TABLE_SIZE 16
#define ETHARP_SUPPORT_STATIC_ENTRIES 0

/* Memory: no heap but the one below, no pool beyond its size. Sent datagrams live in the pool of
 * pbufs for as long as ARP does not know where to; received ones stay in the driver's buffers. The
 * heap is for answers to ARP and ping. */
#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 0
#define MEM_ALIGNMENT 8
#define MEM_SIZE 4096
#define MEMP_NUM_PBUF 2
#define MEMP_NUM_UDP_PCB 1
#define PBUF_POOL_SIZE 20
#define PBUF_POOL_BUFSIZE 1472 /* 1400 + 42 of headers, aligned */
#define LWIP_SUPPORT_CUSTOM_PBUF 1

/* Nobody scans a node: what is neither a ping nor for its port meets silence, not an error that
 * would be longer than what it answers. */
#define LWIP_HOOK_IP4_INPUT(packet, interface) grafos_lwip_refuses(packet)
#define LWIP_HAVE_LOOPIF 0
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_BROADCAST_PING 0
#define LWIP_MULTICAST_PING 0

#define LWIP_CHKSUM_ALGORITHM 3
#define LWIP_STATS 0

#endif
