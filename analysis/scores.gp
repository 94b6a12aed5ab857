# Sink score over depth. data: layer; primary: all samples, beside a live secondary sink, alone; sum of the live
# secondary sinks; control tokens. secondary: 0 without any.
load dir.'/style.gp'
set xrange [0:layers-1]
set yrange [0:*]
set xlabel 'layer'
set ylabel 'sink score (share of attention)'
set key width (secondary ? -5 : 0) samplen 1.6
if (secondary) plot data using 1:2 with lines ls 1 title 'primary', \
     '' using 1:5 with lines ls 2 title 'secondary, sum', \
     '' using 1:3 with points ls 5 title 'beside a secondary', \
     '' using 1:4 with points ls 4 title 'alone', \
     '' using 1:6 with lines ls 3 title 'control'
if (!secondary) plot data using 1:2 with lines ls 1 title 'primary', '' using 1:6 with lines ls 3 title 'control'
