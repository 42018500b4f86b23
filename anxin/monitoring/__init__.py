"""事中监测: signals, visits, inspections and warnings while work goes on."""
