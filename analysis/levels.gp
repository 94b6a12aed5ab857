# Level map. data: block 1 the primary's (l_start, lifetime); block 0 l_start, lifetime, count of secondary sinks,
# and 1 where there is room to write it. layers: L. Squares are coloured by the logarithm of the count.
load dir.'/style.gp'
set xrange [-0.5:layers-0.5]
set yrange [0:layers+0.5]
set xlabel 'first layer l_{start}'
set ylabel 'lifetime (layers)'
set logscale cb
set cbrange [1:most < 10 ? 10 : most]
set palette defined (0 '#440154', 0.25 '#3b528b', 0.5 '#21918c', 0.75 '#5ec962', 1 '#fde725')
set colorbox horizontal user origin graph 0.50, graph 0.93 size graph 0.45, graph 0.03
set cbtics scale 0.4 font ',11'
set label 1 'sinks' at graph 0.48, graph 0.945 right font ',11'
unset key
set style fill solid 1.0 border rgb '#333333'
plot layers-x ls 6, \
     data index 0 using 1:2:(0.48):(0.48):3 with boxxyerror fc palette notitle, \
     data index 0 using ($1+0.9):2:($4 > 0 ? sprintf('%d', $3) : '') with labels left font ',11' notitle, \
     data index 1 using 1:2 with points pt 6 ps 1.1 lw 1.8 lc rgb '#0072B2' notitle, \
     data index 1 using ($1+1.2):2:('primary') with labels left font ',11' tc rgb '#0072B2' notitle
