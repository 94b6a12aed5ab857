# Levels against parameters. data: parameters, number of levels, share of sinks in levels, name.
load dir.'/style.gp'
unset key
set lmargin at screen 0.16
set ylabel offset 1.2,0
set rmargin at screen 0.96
set logscale x
set xrange [least/2.5:most*2.5]
set multiplot
set tmargin at screen 0.97
set bmargin at screen 0.50
set xtics format ''
set ylabel 'number of levels'
set yrange [-0.4:levels+1]
set ytics 1
plot data using 1:2 with linespoints ls 1 ps 0.8, \
     '' using 1:2:4 with labels offset 0,0.9 font ',11' noenhanced
set tmargin at screen 0.46
set bmargin at screen 0.155
set xtics format '%.0s%c'
set xlabel 'parameters'
set ylabel 'share in levels'
set yrange [0:1.08]
set ytics 0.5
plot data using 1:3 with linespoints ls 2 ps 0.9
unset multiplot
