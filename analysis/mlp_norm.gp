# Sink score and lifetime against the norm of the MLP's output at l_start. data: norm, score, lifetime.
load dir.'/style.gp'
unset key
set lmargin at screen 0.16
set ylabel offset 1.2,0
set rmargin at screen 0.97
set offsets graph 0.05, graph 0.05, graph 0.08, 0
stats data using 1 nooutput
size = STATS_records > 300 ? 0.35 : 0.6
set multiplot
set tmargin at screen 0.97
set bmargin at screen 0.56
set xtics format ''
set ylabel 'sink score' offset 2.2,0
set yrange [0:*]
plot data using 1:2 with points pt 7 ps size lc rgb '#66D55E00'
set tmargin at screen 0.53
set bmargin at screen 0.155
set xtics format '%g'
set xlabel 'norm of the MLP output at l_{start}'
set ylabel 'lifetime (layers)' offset 1.2,0
plot data using 1:3 with points pt 7 ps size lc rgb '#660072B2'
unset multiplot
