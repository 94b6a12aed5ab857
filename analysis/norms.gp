# Norms over depth. data: layer, then primary, secondary, control of the norms of h, k, v. secondary: 0 without any.
load dir.'/style.gp'
set xrange [0:layers-1]
set logscale y
set format y '10^{%T}'
set lmargin at screen 0.165
set rmargin at screen 0.985
set xtics format ''
set multiplot
set ylabel offset 0.4,0
set key at screen 0.14, screen 0.995 left top Left reverse horizontal maxrows 1 width -2 samplen 1.6
set tmargin at screen 0.935
set bmargin at screen 0.685
set ylabel 'norm, hidden state'
if (secondary) plot data using 1:2 with lines ls 1 title 'primary', '' using 1:3 with lines ls 2 title 'secondary', \
     '' using 1:4 with lines ls 3 title 'control'
if (!secondary) plot data using 1:2 with lines ls 1 title 'primary', '' using 1:4 with lines ls 3 title 'control'
unset key
set tmargin at screen 0.645
set bmargin at screen 0.41
set ylabel 'norm, key'
plot data using 1:5 with lines ls 1, '' using 1:6 with lines ls 2, '' using 1:7 with lines ls 3
set tmargin at screen 0.37
set bmargin at screen 0.135
set ylabel 'norm, value'
set xtics format '%g'
set xlabel 'layer'
plot data using 1:8 with lines ls 1, '' using 1:9 with lines ls 2, '' using 1:10 with lines ls 3
unset multiplot
