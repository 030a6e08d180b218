#!/bin/sh
# Builds a network and runs phones in it: network.sh DIRECTORY CALLER [CALLEE]
#
#     home1 10.1.0.2 -- NAT 198.51.100.1 --+
#                                          +-- public 198.51.100.10: coturn (port 3478), rtpengine (port 2223)
#     home2 10.2.0.2 -- NAT 198.51.100.2 --+
#
# CALLER runs in home1 and its status is that of this script, CALLEE runs in home2. Logs go to DIRECTORY. It wants user, mount,
# network and PID namespaces of its own (`unshare -Urmnpf --kill-child`): nothing of it is seen outside, and all of it ends with it.
set -eu
directory=$1
PATH=$PATH:/usr/sbin:/sbin

mount -t tmpfs tmpfs /run
mount -t proc proc /proc
for name in home1 home2 nat1 nat2 public; do
    ip netns add $name
    ip -n $name link set lo up
done
ip -n public link add bridge type bridge
ip -n public addr add 198.51.100.10/24 dev bridge
ip -n public link set bridge up
for number in 1 2; do
    ip -n home$number link add lan type veth peer name lan netns nat$number
    ip -n home$number addr add 10.$number.0.2/24 dev lan
    ip -n home$number link set lan up
    ip -n nat$number addr add 10.$number.0.1/24 dev lan
    ip -n nat$number link set lan up
    ip -n home$number route add default via 10.$number.0.1
    ip -n nat$number link add wan type veth peer name wan$number netns public
    ip -n nat$number addr add 198.51.100.$number/24 dev wan
    ip -n nat$number link set wan up
    ip -n public link set wan$number master bridge up
    ip netns exec nat$number sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
    # What nobody inside asked for is dropped before it is remembered, or the way of a later packet would be taken.
    ip netns exec nat$number nft -f - <<'RULES'
table ip nat {
    chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        oifname "wan" masquerade
    }
    chain input {
        type filter hook input priority filter; policy accept;
        iifname "wan" ct state new drop
    }
}
RULES
done

ip netns exec public turnserver -n --stun-only --listening-ip=198.51.100.10 --no-cli --no-tls --no-dtls \
    --pidfile="$directory/coturn.pid" --log-file=stdout > "$directory/coturn.log" 2>&1 &
ip netns exec public rtpengine --foreground --table=-1 --interface=198.51.100.10 --listen-ng=198.51.100.10:2223 \
    --port-min=30000 --port-max=30999 --log-stderr > "$directory/rtpengine.log" 2>&1 &

if [ $# -gt 2 ]; then
    ip netns exec home2 sh -c "$3" > "$directory/callee.log" 2>&1 &
fi
ip netns exec home1 sh -c "$2"
