source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/journey.sh"
network_make "$NAME"
for n in 1 4 9; do
pids=()
s=$(date +%s.%N)
for i in $(seq $n); do
 (exec_as_user "$PLACE/extcap/pktmondump" --capture --extcap-interface pktmon --fifo "$SCRATCH/$n-$i" --buffer-size ${BUF:-64} \
        --netns "$NAME-a,$NAME-sw" --extcap-capture-filter "ip[8] = 63" ) & pids+=($!); own_pids+=($!)
done
for i in $(seq $n); do until [[ -s $SCRATCH/$n-$i ]]; do sleep 0.05; done; done
e=$(date +%s.%N); echo "$n: $(echo "$e - $s" | bc)"; kill "${pids[@]}"; wait "${pids[@]}"; echo "ended $(echo "$(date +%s.%N) - $e" | bc)"
done
