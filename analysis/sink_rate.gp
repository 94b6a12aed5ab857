# Sink rate by position. data: k, rate. positions: the greatest k.
load dir.'/style.gp'
unset key
set xrange [0.4:positions+0.6]
set yrange [0:*]
set style fill solid 0.85 noborder
set boxwidth 0.7
set xtics 1, positions > 16 ? 8 : 1
set xlabel 'position k'
set ylabel sprintf('share with score > %g', epsilon)
plot data using 1:2 with boxes fc rgb '#0072B2'
