module bench-workloads

go 1.24
