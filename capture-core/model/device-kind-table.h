/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds of network devices, and the one table of what is special about each. A kind is the kernel's
 * rtnl_link_ops.kind (IFLA_INFO_KIND); hardware has none, and is called "physical" here, as the
 * type of its component is.
 *
 *   X(NAME, "name", traits, taken_off, fallback)
 *
 *   traits     enum device_trait (device-kinds.h)
 *   taken_off  the least that its receive path takes off the frame, bytes; 0: nothing
 *   fallback   name of the device that the module makes in each namespace; NULL: it makes none
 *
 * This header includes nothing, because the kernel programs include it too.
 */
#ifndef PKTMON_MODEL_DEVICE_KIND_TABLE_H
#define PKTMON_MODEL_DEVICE_KIND_TABLE_H

#define DEVICE_ETHERNET_LEN 14
#define DEVICE_MACSEC_LEN   8 /* the shortest MACsec header */

/* clang-format off */
#define DEVICE_KINDS(X)                                                                            \
    X(PHYSICAL, "physical", DEVICE_HANDS_OUT, 0, NULL)                                             \
    X(TUN, "tun", DEVICE_HANDS_OUT, 0, NULL)                                                       \
    X(TAP, "tap", DEVICE_HANDS_OUT, 0, NULL)                                                       \
    X(VLAN, "vlan", DEVICE_STACKED | DEVICE_RECEIVES_SILENTLY, 0, NULL)                            \
    X(MACVLAN, "macvlan", DEVICE_STACKED | DEVICE_RECEIVES_SILENTLY, 0, NULL)                      \
    X(MACVTAP, "macvtap", DEVICE_STACKED | DEVICE_RECEIVES_SILENTLY | DEVICE_HANDS_OUT, 0, NULL)   \
    X(IPVLAN, "ipvlan", DEVICE_STACKED | DEVICE_RECEIVES_SILENTLY, 0, NULL)                        \
    X(IPVTAP, "ipvtap", DEVICE_STACKED | DEVICE_RECEIVES_SILENTLY | DEVICE_HANDS_OUT, 0, NULL)     \
    X(BOND, "bond", DEVICE_RECEIVES_SILENTLY, 0, NULL)                                             \
    X(TEAM, "team", DEVICE_RECEIVES_SILENTLY, 0, NULL)                                             \
    X(HSR, "hsr", DEVICE_RECEIVES_SILENTLY, 0, NULL)                                               \
    X(BRIDGE, "bridge", 0, 0, NULL)                                                                \
    X(VRF, "vrf", 0, 0, NULL)                                                                      \
    X(VETH, "veth", DEVICE_PAIRED | DEVICE_RECEIVES_SILENTLY_FROM_PEER, 0, NULL)                   \
    X(NETKIT, "netkit", DEVICE_PAIRED | DEVICE_RECEIVES_SILENTLY_FROM_PEER, 0, NULL)               \
    X(VXCAN, "vxcan", DEVICE_PAIRED, 0, NULL)                                                      \
    X(VXLAN, "vxlan", DEVICE_STACKED, DEVICE_ETHERNET_LEN, NULL)                                   \
    X(GENEVE, "geneve", DEVICE_STACKED, DEVICE_ETHERNET_LEN, NULL)                                 \
    X(BAREUDP, "bareudp", 0, DEVICE_ETHERNET_LEN, NULL)                                            \
    X(GTP, "gtp", 0, DEVICE_ETHERNET_LEN, NULL)                                                    \
    X(WIREGUARD, "wireguard", DEVICE_DECRYPTS, DEVICE_ETHERNET_LEN, NULL)                          \
    X(XFRM, "xfrm", DEVICE_DECRYPTS, DEVICE_ETHERNET_LEN, NULL)                                    \
    X(MACSEC, "macsec", DEVICE_STACKED | DEVICE_DECRYPTS, DEVICE_MACSEC_LEN, NULL)                 \
    X(GRE, "gre", DEVICE_STACKED, DEVICE_ETHERNET_LEN, "gre0")                                     \
    X(GRETAP, "gretap", DEVICE_STACKED, DEVICE_ETHERNET_LEN, "gretap0")                            \
    X(IPIP, "ipip", 0, DEVICE_ETHERNET_LEN, "tunl0")                                               \
    X(ERSPAN, "erspan", 0, DEVICE_ETHERNET_LEN, "erspan0")                                         \
    X(VTI, "vti", 0, DEVICE_ETHERNET_LEN, "ip_vti0")                                               \
    X(SIT, "sit", 0, DEVICE_ETHERNET_LEN, "sit0")                                                  \
    X(IP6TNL, "ip6tnl", 0, DEVICE_ETHERNET_LEN, "ip6tnl0")                                         \
    X(IP6GRE, "ip6gre", 0, DEVICE_ETHERNET_LEN, "ip6gre0")                                         \
    X(IP6GRETAP, "ip6gretap", 0, DEVICE_ETHERNET_LEN, NULL)                                        \
    X(IP6ERSPAN, "ip6erspan", 0, DEVICE_ETHERNET_LEN, NULL)                                        \
    X(VTI6, "vti6", 0, DEVICE_ETHERNET_LEN, "ip6_vti0")

#define DEVICE_KIND_PREFIX 8

/*
 * The column taken_off by a few letters of the name, for the kernel programs, which a comparison
 * with each name would cost more: the cases of a switch over the first letter; without a case it
 * is 0. name: the first letters of the kind, with a terminating null byte. unit.device-kinds
 * compares this with the table.
 *
 *   v  vxlan, vti, vti6 (and vxcan, which has no Ethernet frames); not vlan, veth, vrf
 *   g  geneve, gre, gretap, gtp        s  sit
 *   e  erspan                          w  wireguard
 *   x  xfrm
 *   i  ipip, ip6tnl, ip6gre, ip6gretap, ip6erspan; not ipvlan, ipvtap
 *   b  bareudp; not bond, bridge
 *   m  macsec; not macvlan, macvtap
 */
#define DEVICE_KIND_LETTERS(name)                                                                  \
    case 'v':                                                                                      \
        return name[1] == 'x' || name[1] == 't' ? DEVICE_ETHERNET_LEN : 0;                         \
    case 'g':                                                                                      \
    case 's':                                                                                      \
    case 'e':                                                                                      \
    case 'w':                                                                                      \
    case 'x':                                                                                      \
        return DEVICE_ETHERNET_LEN;                                                                \
    case 'i':                                                                                      \
        return name[1] == 'p' && name[2] != 'v' ? DEVICE_ETHERNET_LEN : 0;                         \
    case 'b':                                                                                      \
        return name[1] == 'a' ? DEVICE_ETHERNET_LEN : 0;                                           \
    case 'm':                                                                                      \
        return name[1] == 'a' && name[3] == 's' ? DEVICE_MACSEC_LEN : 0;
/* clang-format on */

/* Whether what such a device receives was encrypted below it: DEVICE_DECRYPTS, for the kernel
 * programs, of kinds that take something off. */
#define DEVICE_KIND_DECRYPTS(name) ((name)[0] == 'w' || (name)[0] == 'm' || (name)[0] == 'x')

#endif
