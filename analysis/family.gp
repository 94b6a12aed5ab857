# Levels against parameters. data: parameters, number of levels, share of sinks in levels, name to write, where its
# middle stands. least, most: parameters; levels: the greatest number; shares: 0 if no model has sinks.
load dir.'/style.gp'
unset key
set lmargin at screen 0.16
set rmargin at screen 0.96
set logscale x
lowest = least/2.5
highest = most*2.5
set xrange [lowest:highest]
# 1, 2, 5 of each decade, in millions or billions; over many decades 1 alone.
steps = highest/lowest > 300 ? '1' : '1 2 5'
short(n) = n < 1e6 ? sprintf('%gk', n/1e3) : n < 1e9 ? sprintf('%gM', n/1e6) : n < 1e12 ? sprintf('%gB', n/1e9) : sprintf('%gT', n/1e12)
set multiplot
set tmargin at screen 0.97
set bmargin at screen 0.50
set xtics format ''
set ylabel 'number of levels' offset 1.2,0
set yrange [-0.4:levels+1]
set ytics 1
plot data using 1:2 smooth unique with lines lw 1.2 lc rgb '#8a8a8a', \
     '' using 1:2 with points ls 1 ps 0.8, \
     '' using 5:2:4 with labels offset 0,0.7 font ',11' noenhanced
set tmargin at screen 0.46
set bmargin at screen 0.155
unset xtics
set xtics nomirror out scale 0.6 ()
do for [decade = 2:14] {
    do for [step in steps] {
        tick = step*10.0**decade
        if (tick >= lowest && tick <= highest) { set xtics add (short(tick) tick) }
    }
}
set xlabel 'parameters'
set ylabel 'share in levels'
set yrange [0:1.08]
set ytics 0.5
if (shares) plot data using 1:3 smooth unique with lines lw 1.2 lc rgb '#8a8a8a', '' using 1:3 with points ls 2 ps 0.9
if (!shares) plot data using 1:3 with points ls 2 ps 0.9
unset multiplot
